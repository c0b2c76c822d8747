"""``python -m system.api``: one replica of the API."""

import asyncio
import sys

import uvicorn
import uvloop

from system.api.app import make_app
from system.api.front import in_front
from system.connectors.registry import UnknownGateway
from system.log import forward_library_logs
from system.planted import UnknownBug
from system.platform import Platform
from system.settings import Settings

BACKLOG = 2048
GRACE_S = 10


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests in progress are finished first."""
    platform = await Platform.start(settings, role="api")
    forward_library_logs(platform.log)
    config = uvicorn.Config(
        in_front(make_app(platform)),
        host=settings.host,
        port=settings.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
        ws="none",
    )
    await uvicorn.Server(config).serve()


def main() -> int:
    """Run a replica; exit code 64 for an unknown planted bug or gateway."""
    settings = Settings()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except (UnknownBug, UnknownGateway) as error:
        print(error, file=sys.stderr)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main())
