"""`python -m system.billing`: bill until SIGTERM."""

import asyncio
import sys

import uvicorn

from system import garbage
from system.billing.biller import Biller
from system.connectors.registry import UnknownGateway
from system.planted import UnknownBug
from system.platform import Platform
from system.settings import Settings
from system.worker.admin import admin_app
from system.worker.loops import run

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
    config = uvicorn.Config(
        admin_app(platform),
        host=settings.host,
        port=settings.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
    garbage.settle()
    platform.log.info("started", role="billing", port=settings.port, bug=settings.bug)
    try:
        await uvicorn.Server(config).serve()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await biller.drain(DRAIN_S)
        await platform.stop()


def main() -> int:
    """Run until told to stop; exit code 0, or 64 for a bug or a gateway that does not exist."""
    try:
        with asyncio.Runner(loop_factory=uvicorn.Config(app="", loop="uvloop").get_loop_factory()) as runner:
            runner.run(serve(Settings()))
    except (UnknownBug, UnknownGateway) as error:
        print(error, file=sys.stderr)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main())
