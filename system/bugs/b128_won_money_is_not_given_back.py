"""A dispute that is won changes its state and nothing else: the money is back at the gateway, and nobody credits it.

How it happens: `closed` is handled, `funds_reinstated` is not on the list of events that somebody subscribed to. I64
and I16 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection
from system.store.disputes import Disputed, RecordDispute

BUG = Bug(
    id="B128",
    title="what a won dispute gives back is not booked",
    caught_by=("I64", "I16"),
    shown_by=("dispute_races_refund",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that overlook reinstatements."""

    async def record_dispute(connection: Connection, command: RecordDispute) -> Disputed:
        told = command.told
        if told.reinstated_minor:
            reached()
            told = replace(told, reinstated_minor=0)
        return await seams.record_dispute(connection, replace(command, told=told))

    return replace(seams, record_dispute=record_dispute)
