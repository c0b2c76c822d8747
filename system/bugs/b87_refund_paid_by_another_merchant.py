"""A refund is taken from another merchant's account than the one that was paid.

How it happens: the refund is booked against the account that the payout run happens to be at, or whoever maps payments
to accounts looks at the last digits of a reference. The clearing accounts agree with the gateways to the cent. I51
catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection
from system.store.record import Record, Recorded

BUG = Bug(
    id="B87",
    title="refunds are debited to another merchant",
    caught_by=("I51",),
    shown_by=("calm",),
)

NEIGHBOUR = """
SELECT coalesce(max(o.operation_id), ''), coalesce(max(o.merchant_id), ''), coalesce(max(m.merchant_id), '')
FROM pay.gateway_attempts a JOIN pay.operations o USING (operation_id)
    JOIN pay.merchants m ON m.merchant_id = (
        SELECT coalesce(min(n.merchant_id) FILTER (WHERE n.merchant_id > o.merchant_id), min(n.merchant_id))
        FROM pay.merchants n)
WHERE a.attempt_id = %s AND a.state <> 'succeeded' AND o.kind = 'refund'
"""

OWN = "UPDATE pay.operations SET merchant_id = %s WHERE operation_id = %s RETURNING 1"


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which every refund is booked as the next merchant's."""

    async def record(connection: Connection, command: Record) -> Recorded:
        if command.state != "succeeded":
            return await seams.record(connection, command)
        async with connection.transaction():
            operation_id, owner, neighbour = await connection.fetch(NEIGHBOUR, (command.attempt_id,))
            if operation_id:
                await connection.fetch(OWN, (neighbour, operation_id))
            recorded = await seams.record(connection, command)
            if operation_id:
                await connection.fetch(OWN, (owner, operation_id))
        connection.require_certain()
        if operation_id and recorded.outcome == "recorded":
            reached()
        return recorded

    return replace(seams, record=record)
