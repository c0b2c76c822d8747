"""The day is closed by another clock than the merchant's.

How it happens: the job runs "at midnight", by the server's wall clock, and takes what has come in by then. In half of
the world that is hours before the merchant's cut-off: what is sold until then goes into the next batch, and the two
never agree with the merchant's own till. I30 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.clock import in_us
from system.seams import Seams
from system.store.connection import Connection

BUG = Bug(
    id="B38",
    title="settlement closes the day by another clock than the merchant's",
    caught_by=("I30",),
    shown_by=("days_are_settled",),
)

AHEAD_S = 86_400.0


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that take a day for closed when it has closed somewhere else."""

    async def cut(connection: Connection, now_us: int) -> int:
        made = await seams.cut_batches(connection, now_us + in_us(AHEAD_S))
        if made:
            await connection.execute(
                "UPDATE pay.settlement_batches SET cut_at_us = %s WHERE cut_at_us = %s",
                (now_us, now_us + in_us(AHEAD_S)),
            )
            reached()
        return made

    return replace(seams, cut_batches=cut)
