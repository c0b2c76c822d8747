"""A refund that failed later is booked back, but what was set aside for it stays so: it cannot be asked for again.

How it happens: the amount is reserved when a refund is asked for, and released in the one handler that people thought
of, that of a refund which is declined at once. I44 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import What
from system.seams import Seams
from system.store.connection import Connection
from system.store.taken_back import TakeBack, TakingBack

BUG = Bug(
    id="B66",
    title="a refund that failed later stays reserved",
    caught_by=("I44",),
    shown_by=("refunds_taken_back",),
)

KEEP = """
UPDATE pay.payments p SET refund_reserved_minor = p.refund_reserved_minor + a.amount_minor
FROM pay.gateway_attempts a WHERE a.attempt_id = %s AND p.payment_id = a.payment_id
    AND p.refund_reserved_minor + a.amount_minor <= p.captured_minor
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that release nothing of a refund that fails later."""

    async def take_back(connection: Connection, command: TakeBack) -> TakingBack:
        async with connection.transaction():
            outcome = await seams.take_back(connection, command)
            if command.what is What.REFUND_FAILED and outcome == "recorded":
                reached()
                await connection.execute(KEEP, (command.attempt_id,))
        return outcome

    return replace(seams, take_back=take_back)
