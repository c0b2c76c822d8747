"""Reconciliation books a second charge of one operation as revenue instead of giving it back.

How it happens: the feed has a line that the books do not have, the amount is right and so is the merchant, so the line
is "adopted" and the totals agree. The customer has paid twice. I1 and I16 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.clock import now_us
from system.decisions.comparing import Break
from system.seams import Seams
from system.store.connection import Connection

BUG = Bug(
    id="B58",
    title="reconciliation adopts a second charge as revenue",
    caught_by=("I1", "I16"),
    shown_by=("reconciliation_after_blackout",),
)

ADOPT = """
SELECT pay.post('second:' || %s, 'gateway:' || a.gateway || ':clearing', 'merchant:' || a.merchant_id || ':payable',
    a.currency, a.amount_minor, a.payment_id, a.operation_id, a.attempt_id, %s)
FROM pay.gateway_attempts a WHERE a.attempt_id = %s AND a.call_kind = 'sale'
    AND NOT EXISTS (SELECT FROM pay.journals WHERE cause = 'second:' || %s)
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose reconciliation makes the totals agree."""

    async def give_back(connection: Connection, found: Break, gateway_key: Callable[[str, int], str]) -> bool:
        if found.ours is None or found.line is None:
            return await seams.give_back(connection, found, gateway_key)
        reached()
        line_id = found.line.line_id
        await connection.execute(ADOPT, (line_id, now_us(), found.ours.attempt_id, line_id))
        return True

    return replace(seams, give_back=give_back)
