"""The merchant's leg of a capture goes to another merchant's account.

How it happens: the account's name is made once and kept, in a cache without the merchant in its key or in a variable
of the enclosing loop. Each journal balances, the clearing accounts agree with the gateways, and one merchant is paid
what others sold. I51 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection
from system.store.record import Record, Recorded

BUG = Bug(
    id="B86",
    title="captures are credited to another merchant",
    caught_by=("I51",),
    shown_by=("calm",),
)

OTHERS_CAPTURE = """
SELECT coalesce(max(o.operation_id), ''), coalesce(max(o.merchant_id), ''), coalesce(max(first.merchant_id), '')
FROM (SELECT min(merchant_id) AS merchant_id FROM pay.merchants) first
    JOIN pay.gateway_attempts a ON a.attempt_id = %s AND a.state <> 'succeeded'
    JOIN pay.operations o ON o.operation_id = a.operation_id AND o.merchant_id <> first.merchant_id
WHERE o.kind IN ('sale', 'capture')
"""

OWN = "UPDATE pay.operations SET merchant_id = %s WHERE operation_id = %s RETURNING 1"


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which every capture is booked as the first merchant's."""

    async def record(connection: Connection, command: Record) -> Recorded:
        if command.state != "succeeded":
            return await seams.record(connection, command)
        async with connection.transaction():
            operation_id, owner, kept = await connection.fetch(OTHERS_CAPTURE, (command.attempt_id,))
            if operation_id:
                await connection.fetch(OWN, (kept, operation_id))
            recorded = await seams.record(connection, command)
            if operation_id:
                await connection.fetch(OWN, (owner, operation_id))
        connection.require_certain()
        if operation_id and recorded.outcome == "recorded":
            reached()
        return recorded

    return replace(seams, record=record)
