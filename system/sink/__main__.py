"""``python -m system.sink``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop

from system.gateways.common.connections import Connections
from system.gateways.common.log import configure
from system.gateways.common.serve import serve, server
from system.sink.app import build_admin, build_public
from system.sink.receiver import Receiver, read_secrets
from system.sink.settings import SinkSettings


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def main() -> None:
    """Run the sink until it is told to stop."""
    settings = SinkSettings.model_validate({})
    configure(settings.name, settings.log_level)
    receiver = Receiver(read_secrets(settings.secrets_file), tolerance_s=settings.tolerance_s)
    connections = Connections()
    public = build_public(receiver, connections)
    servers = [
        server(public, settings.host, settings.port, protocol=connections.protocol()),
        server(build_admin(settings.name, receiver), settings.host, settings.admin_port),
    ]
    uvloop.run(serve(servers, _nothing))


if __name__ == "__main__":
    main()
