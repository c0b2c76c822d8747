"""A refund is compared with what was authorised, not with what was captured of it.

How it happens: `payment.amount` is the only amount that the refund screen knows; it is right for every sale. Who
captured a half can give the whole back. I60 catches it at any gateway, and I13 where the gateway does as it is told.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B110",
    title="a payment that was captured in part is refunded up to what was authorised",
    caught_by=("I60", "I13"),
    shown_by=("more_than_there_is", "calm"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which such a refund is reserved as one of all that is left, and sent as it was asked for."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        begun = await seams.begin(connection, command)
        seen, asked_minor = begun.payment, command.amount_minor
        if begun.refusal != "refund_exceeds_captured" or seen is None or asked_minor is None:
            return begun
        if seen.captured_minor == seen.authorized_minor or asked_minor > seen.authorized_minor - seen.refunded_minor:
            return begun
        begun = await seams.begin(connection, replace(command, amount_minor=None))
        if begun.outcome != "claimed":
            return begun
        reached()
        return replace(begun, amount_minor=asked_minor)

    return replace(seams, begin=begin)
