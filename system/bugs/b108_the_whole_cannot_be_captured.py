"""All that was authorised cannot be captured: the amount must be below it, not up to it.

How it happens: `if amount >= authorized: refuse`. Partial captures are what the tests try. I49 catches it: what was
held at the gateway was enough.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun, Claiming
from system.store.connection import Connection

BUG = Bug(
    id="B108",
    title="a capture of exactly what was authorised is refused",
    caught_by=("I49",),
    shown_by=("more_than_there_is", "calm"),
)

HELD = """
SELECT coalesce(max(authorized_minor) FILTER (WHERE status = 'authorized'), 0) FROM pay.payments
WHERE payment_id = %s AND merchant_id = %s
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that refuse a capture of everything as more than there is."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        if command.kind == "capture" and command.amount_minor is not None:
            (held_minor,) = await connection.fetch(HELD, (command.payment_id, command.claim.merchant_id))
            if command.amount_minor == held_minor:
                reached()
                return Begun(Claiming.REFUSED, refusal="capture_exceeds_authorized")
        return await seams.begin(connection, command)

    return replace(seams, begin=begin)
