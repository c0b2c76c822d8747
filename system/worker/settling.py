"""When a merchant's day has closed its batch is cut. Between two cut-offs nothing is asked of the database."""

from system.clock import app_us, in_us, shared_us
from system.platform import Platform
from system.store.settlement import LIMIT_S, next_cutoff_us

NOBODY_S = 60.0
"""How long nobody asks again where there are no merchants."""


class Settling:
    """Knows when the next day closes; a process that starts, or finds new books, looks at once."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._due_us = 0

    def forget(self) -> None:
        """The books are others now."""
        self._due_us = 0

    async def step(self) -> int:
        """Cut what is due; return how many batches that were."""
        if app_us() < self._due_us:
            return 0
        platform, now_us = self._platform, shared_us()
        async with platform.database.connection(limit_s=LIMIT_S) as connection, connection.transaction():
            due_us = await next_cutoff_us(connection, now_us)
            made = await platform.seams.cut_batches(connection, now_us)
        self._due_us = app_us() + in_us(NOBODY_S) if due_us is None else due_us
        if made:
            platform.log.info("settled", batches=made)
        return made
