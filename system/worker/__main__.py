"""`python -m system.worker`: run the worker until SIGTERM."""

import sys

from system import garbage
from system.platform import Platform
from system.settings import Settings
from system.worker.process import admin_server, run_process
from system.worker.worker import Worker


async def serve(settings: Settings) -> None:
    """Start the platform's parts, the loops and the admin listener; stop them in reverse on SIGTERM or SIGINT."""
    platform = await Platform.start(settings, role="worker")
    worker = Worker(platform)
    await worker.start()
    garbage.settle()
    platform.log.info("started", role="worker", port=settings.port, bug=settings.bug)
    try:
        await admin_server(platform).serve()
    finally:
        await worker.stop()
        await platform.stop()


if __name__ == "__main__":
    sys.exit(run_process(serve))
