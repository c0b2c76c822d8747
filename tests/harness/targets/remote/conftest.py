"""A Toxiproxy that belongs to somebody else: it outlives every harness."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.links.client import ToxiproxyClient
from harness.provision.ports import Ports
from harness.provision.processes.supervisor import Supervisor
from harness.provision.toxiproxy.server import ToxiproxyServer
from harness.workspace import Workspace

BASE_PORT = 28100
PROXY = "shop-gateway"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToxiproxyServer]:
    workspace = Workspace(Path(tmp_path_factory.mktemp("somebody")))
    workspace.prepare()
    made = ToxiproxyServer(Ports(BASE_PORT), Supervisor(workspace))
    made.start(lambda _line: None)
    yield made
    made.stop()


@pytest.fixture
def proxy(server: ToxiproxyServer) -> Iterator[ToxiproxyClient]:
    """The server's client, with one whole proxy on it."""
    client = ToxiproxyClient("127.0.0.1", server.port)
    client.create(PROXY, listen=f"127.0.0.1:{BASE_PORT + 90}", upstream=f"127.0.0.1:{BASE_PORT + 91}")
    yield client
    client.destroy(PROXY)
