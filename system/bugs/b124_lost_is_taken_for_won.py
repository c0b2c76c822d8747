"""A dispute that is lost counts as won: the merchant is credited with money that the shopper's bank keeps.

How it happens: the handler of `closed` releases the hold, whatever the status says; in its tests every dispute is won.
I64 and I16 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.states import DisputeState
from system.store.connection import Connection
from system.store.disputes import Disputed, RecordDispute

BUG = Bug(
    id="B124",
    title="a lost dispute is booked as won",
    caught_by=("I64", "I16"),
    shown_by=("dispute_races_refund",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that give back what was lost."""

    async def record_dispute(connection: Connection, command: RecordDispute) -> Disputed:
        told = command.told
        if told.state is DisputeState.LOST:
            reached()
            told = replace(told, state=DisputeState.WON, reinstated_minor=told.withdrawn_minor)
        return await seams.record_dispute(connection, replace(command, told=told))

    return replace(seams, record_dispute=record_dispute)
