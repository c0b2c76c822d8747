"""A capture that is refused for its amount stays noted as being in progress.

How it happens: the payment is marked first and looked at then, and the way out of a refusal forgets the mark. No
capture and no void of it is let through any more. I49 catches it: nothing was under way.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B109",
    title="a refused capture keeps the payment's turn, and later ones are refused as in progress",
    caught_by=("I49",),
    shown_by=("more_than_there_is", "calm"),
)

MARK = """
WITH marked AS (
    UPDATE pay.payments SET modify_pending = 'capture'
    WHERE payment_id = %s AND status = 'authorized' AND modify_pending IS NULL RETURNING 1
) SELECT count(*) FROM marked
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which the mark of a refused capture stays."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        begun = await seams.begin(connection, command)
        if begun.refusal == "capture_exceeds_authorized":
            (marked,) = await connection.fetch(MARK, (command.payment_id,))
            if marked:
                reached()
        return begun

    return replace(seams, begin=begin)
