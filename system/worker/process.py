"""What a process of the platform needs that works in loops: a listener for its admin, and a way to begin and to end."""

import asyncio
import sys
from collections.abc import Callable, Coroutine

import uvicorn

from system.connectors.registry import UnknownGateway
from system.planted import UnknownBug
from system.platform import Platform
from system.settings import Settings
from system.worker.admin import admin_app

Serve = Callable[[Settings], Coroutine[None, None, None]]


def admin_server(platform: Platform) -> uvicorn.Server:
    """Return the server of the process's admin listener; it serves until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        admin_app(platform),
        host=platform.settings.host,
        port=platform.settings.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
    return uvicorn.Server(config)


def run_process(serve: Serve) -> int:
    """Run until told to stop; return exit code 0, or 64 for a bug or a gateway that does not exist."""
    try:
        with asyncio.Runner(loop_factory=uvicorn.Config(app="", loop="uvloop").get_loop_factory()) as runner:
            runner.run(serve(Settings()))
    except (UnknownBug, UnknownGateway) as error:
        print(error, file=sys.stderr)
        return 64
    return 0
