"""`python -m system.worker`: run the worker until SIGTERM."""

import asyncio
import sys

import uvicorn

from system import garbage
from system.connectors.registry import UnknownGateway
from system.planted import UnknownBug
from system.platform import Platform
from system.settings import Settings
from system.worker.admin import admin_app
from system.worker.worker import Worker


async def serve(settings: Settings) -> None:
    """Start the platform's parts, the loops and the admin listener; stop them in reverse on SIGTERM or SIGINT."""
    platform = await Platform.start(settings, role="worker")
    worker = Worker(platform)
    config = uvicorn.Config(
        admin_app(platform),
        host=settings.host,
        port=settings.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
    await worker.start()
    garbage.settle()
    platform.log.info("started", role="worker", port=settings.port, bug=settings.bug)
    try:
        await uvicorn.Server(config).serve()
    finally:
        await worker.stop()
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
