"""The fee of a dispute is not booked: the clearing account drifts away from the gateway by twenty euros a dispute.

How it happens: what an event says is withdrawn is read from the dispute's amount; the fee stands beside it in the line
of the balance, and nobody looks there. I64 and I16 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection
from system.store.disputes import Disputed, RecordDispute

BUG = Bug(
    id="B125",
    title="a dispute's fee is not booked",
    caught_by=("I64", "I16"),
    shown_by=("dispute_races_refund",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that overlook fees."""

    async def record_dispute(connection: Connection, command: RecordDispute) -> Disputed:
        told = command.told
        if told.fee_minor:
            reached()
            told = replace(told, fee_minor=0)
        return await seams.record_dispute(connection, replace(command, told=told))

    return replace(seams, record_dispute=record_dispute)
