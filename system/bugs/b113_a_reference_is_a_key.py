"""A payment under a reference that was used before is answered with the first one's reply.

How it happens: "clients forget the key when they retry, but the order's number stays the same". Whoever means a second
payment of an order is told that it was made, and it never is. I62 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun, Claiming
from system.store.connection import Connection

BUG = Bug(
    id="B113",
    title="a second payment under a repeated reference is answered with the first one",
    caught_by=("I62",),
    shown_by=("odd_amounts", "calm"),
)

FIRST = """
SELECT coalesce((SELECT k.key_id FROM pay.idempotency_keys k JOIN pay.operations o USING (operation_id)
    JOIN pay.merchants m ON m.merchant_id = o.merchant_id
    WHERE o.merchant_id = %s AND o.reference = %s AND o.kind = %s AND k.idempotency_key <> %s AND k.state = 'completed'
        AND k.status_code = 201 AND m.reference_policy = 'allowed' ORDER BY k.key_id LIMIT 1), 0)
"""
REPLY = "SELECT key_id, operation_id, status_code, body FROM pay.idempotency_keys WHERE key_id = %s"


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a creation under a reference that was paid is a replay of that payment."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        if command.kind in ("authorize", "sale"):
            claim = command.claim
            (first,) = await connection.fetch(FIRST, (claim.merchant_id, command.reference, command.kind, claim.key))
            if first:
                reached()
                return Begun(Claiming.REPLAY, *await connection.fetch(REPLY, (first,)))
        return await seams.begin(connection, command)

    return replace(seams, begin=begin)
