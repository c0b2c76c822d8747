"""A payment that was captured in part may be captured again, each time for anything up to the authorisation.

How it happens: partial shipments. Each capture is compared with what was authorised, and nobody takes off what was
captured already. I60 catches it at any gateway, and I12 where the gateway has multicapture.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.bugs.claiming import claim_past_the_guard
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B106",
    title="a second capture is compared with the authorisation, not with what is left of it",
    caught_by=("I60", "I12"),
    shown_by=("more_than_there_is", "calm"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a payment captured in part is still capturable, and the books take what is left."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        begun = await seams.begin(connection, command)
        seen, asked_minor = begun.payment, command.amount_minor
        if begun.refusal != "payment_not_capturable" or seen is None or asked_minor is None:
            return begun
        if seen.status != "partially_captured" or asked_minor > seen.authorized_minor:
            return begun
        reached()
        left_minor = seen.authorized_minor - seen.captured_minor
        return await claim_past_the_guard(connection, command, begun, min(asked_minor, left_minor))

    return replace(seams, begin=begin)
