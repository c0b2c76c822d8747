"""An authorisation stands until somebody here captures or voids it: that it lapsed at the gateway is nobody's concern.

How it happens: `authorized` has two ways out in the state machine that people drew, and both begin at the merchant. The
merchant ships against money that nobody holds. I45 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import What
from system.seams import Seams
from system.store.connection import Connection
from system.store.taken_back import TakeBack, TakingBack

BUG = Bug(
    id="B67",
    title="a hold that lapsed stays authorized",
    caught_by=("I45",),
    shown_by=("holds_that_lapse",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that do not hear of a hold's end."""

    async def take_back(connection: Connection, command: TakeBack) -> TakingBack:
        if command.what not in (What.EXPIRED, What.CANCELED):
            return await seams.take_back(connection, command)
        reached()
        return TakingBack.ALREADY

    return replace(seams, take_back=take_back)
