"""How much is captured is left to the gateway: the books only take note of as much as was authorised.

How it happens: "the gateway checks that anyway", as it does until overcapture is switched on for the account, for tips.
I60 catches it at any gateway, and I12 where the gateway does as it is told.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B105",
    title="captures of more than was authorised are sent to the gateway",
    caught_by=("I60", "I12"),
    shown_by=("more_than_there_is", "calm"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a capture of too much is reserved as one of everything, and sent as it was asked for."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        begun = await seams.begin(connection, command)
        if begun.refusal != "capture_exceeds_authorized" or command.amount_minor is None:
            return begun
        begun = await seams.begin(connection, replace(command, amount_minor=None))
        if begun.outcome != "claimed":
            return begun
        reached()
        return replace(begun, amount_minor=command.amount_minor)

    return replace(seams, begin=begin)
