"""A refund that succeeded is done for good: what the gateway says about it later is thrown away.

How it happens: the handler's table of events ends with "refunded", since nothing can come after it. The money comes
back to the gateway's account, the shopper waits for it, and the books say that everybody has been paid. I44 and I16
catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import What
from system.seams import Seams
from system.store.connection import Connection
from system.store.taken_back import TakeBack, TakingBack

BUG = Bug(
    id="B65",
    title="a refund that fails later is thrown away",
    caught_by=("I44", "I16"),
    shown_by=("refunds_taken_back",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that never hear of a refund again."""

    async def take_back(connection: Connection, command: TakeBack) -> TakingBack:
        if command.what is not What.REFUND_FAILED:
            return await seams.take_back(connection, command)
        reached()
        return TakingBack.ALREADY

    return replace(seams, take_back=take_back)
