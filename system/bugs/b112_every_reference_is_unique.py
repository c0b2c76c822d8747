"""A reference is used once, at every merchant, whatever their policy says.

How it happens: a unique index on (merchant, reference), added after somebody paid an order twice. Subscriptions and
instalments of one order are refused from then on. I62 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import REFERENCE_USED, Begin, Begun, Claiming
from system.store.connection import Connection

BUG = Bug(
    id="B112",
    title="a repeated reference is refused at merchants that allow it",
    caught_by=("I62",),
    shown_by=("odd_amounts", "calm"),
)

FIRST = """
SELECT coalesce(min(p.payment_id), '') FROM pay.payments p JOIN pay.merchants m USING (merchant_id)
WHERE p.merchant_id = %s AND p.reference = %s AND p.status NOT IN ('failed', 'canceled', 'expired')
    AND m.reference_policy = 'allowed' AND NOT EXISTS (SELECT 1 FROM pay.idempotency_keys k
        WHERE k.merchant_id = p.merchant_id AND k.idempotency_key = %s)
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a creation under a used reference is refused, if its key is new."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        if command.kind in ("authorize", "sale"):
            claim = command.claim
            (first,) = await connection.fetch(FIRST, (claim.merchant_id, command.reference, claim.key))
            if first:
                reached()
                return Begun(Claiming.REFUSED, refusal=f"{REFERENCE_USED}:{first}")
        return await seams.begin(connection, command)

    return replace(seams, begin=begin)
