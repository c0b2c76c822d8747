"""A declined refund keeps its reservation.

How it happens: the reservation is given back where a refund succeeds or fails, and "declined by the gateway" was
thought of as neither. Nothing is lost, and the shopper never gets the money back. I49 catches it: the books have what
the next refund was refused for want of.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection
from system.store.record import Record, Recorded

BUG = Bug(
    id="B76",
    title="a declined refund keeps its reservation, and later ones are refused",
    caught_by=("I49",),
    shown_by=("refunds_declined",),
)

KEEP = """
WITH mine AS (
    SELECT a.payment_id, a.amount_minor FROM pay.gateway_attempts a JOIN pay.operations o USING (operation_id)
    WHERE a.attempt_id = %s AND o.kind = 'refund'
), kept AS (
    UPDATE pay.payments p SET refund_reserved_minor = p.refund_reserved_minor + mine.amount_minor
    FROM mine WHERE p.payment_id = mine.payment_id
        AND p.refund_reserved_minor + mine.amount_minor <= p.captured_minor RETURNING 1
) SELECT count(*) FROM kept
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which what was reserved for a declined refund is reserved again."""

    async def record(connection: Connection, command: Record) -> Recorded:
        recorded = await seams.record(connection, command)
        if command.state == "declined" and recorded.outcome == "recorded":
            (kept,) = await connection.fetch(KEEP, (command.attempt_id,))
            if kept:
                reached()
        return recorded

    return replace(seams, record=record)
