"""`python -m system.billing`: bill until SIGTERM."""

import asyncio
import sys

from system import garbage
from system.billing.biller import Biller
from system.platform import Platform
from system.settings import Settings
from system.worker.loops import run
from system.worker.process import admin_server, run_process

DRAIN_S = 8.0
POOL_MAX = 4
POLL_S = 0.5
"""Two billers ask for the shared state as seldom as resets and breakers allow: they are idle nearly always."""


def calm(settings: Settings) -> Settings:
    """The settings of a process that has little to do: few connections, seldom asked for the shared state."""
    quiet = {
        "database_pool": min(settings.database_pool, POOL_MAX),
        "state_poll_s": max(settings.state_poll_s, POLL_S),
    }
    return settings.model_copy(update=quiet)


async def serve(settings: Settings) -> None:
    """Start the platform's parts, the loops and the admin listener; stop them in reverse on SIGTERM or SIGINT."""
    platform = await Platform.start(calm(settings), role="billing")
    biller = Biller(platform)
    tasks = [asyncio.create_task(run(loop, platform.log), name=loop.name) for loop in biller.loops()]
    garbage.settle()
    platform.log.info("started", role="billing", port=settings.port, bug=settings.bug)
    try:
        await admin_server(platform).serve()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await biller.drain(DRAIN_S)
        await platform.stop()


if __name__ == "__main__":
    sys.exit(run_process(serve))
