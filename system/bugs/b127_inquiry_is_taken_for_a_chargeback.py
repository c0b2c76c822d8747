"""An inquiry is booked like a chargeback: the merchant's money is taken although the bank only asked.

How it happens: both come as an event `created` with an amount, and the difference is one word in the status. I64 and
I16 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.states import DisputeState
from system.store.connection import Connection
from system.store.disputes import Disputed, RecordDispute

BUG = Bug(
    id="B127",
    title="an inquiry is booked as a chargeback",
    caught_by=("I64", "I16"),
    shown_by=("dispute_races_refund",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that take money when a bank asks."""

    async def record_dispute(connection: Connection, command: RecordDispute) -> Disputed:
        told = command.told
        if told.state is DisputeState.INQUIRY:
            reached()
            told = replace(told, state=DisputeState.NEEDS_RESPONSE, withdrawn_minor=told.amount_minor)
        return await seams.record_dispute(connection, replace(command, told=told))

    return replace(seams, record_dispute=record_dispute)
