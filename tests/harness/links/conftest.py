"""A Toxiproxy server and something to talk to behind it."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.links.client import ToxiproxyClient
from harness.links.toxiproxy import LinkSpec, ToxiproxyLinks
from harness.provision.ports import Ports
from harness.provision.processes.supervisor import Supervisor
from harness.provision.toxiproxy.server import ToxiproxyServer
from harness.workspace import Workspace

BASE_PORT = 25100
LINK_PORT = BASE_PORT + 60


class EchoServer:
    """Answers every line with the same line, and remembers what it was sent."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            try:
                for line in stream:
                    self.received.append(line)
                    stream.write(line)
                    stream.flush()
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


@dataclass
class Rig:
    """One link `caller-to-echo` and everything around it."""

    client: ToxiproxyClient
    links: ToxiproxyLinks
    echo: EchoServer
    spec: LinkSpec
    freeze: Callable[[], None]
    respawns: list[str] = field(default_factory=list)

    def dial(self) -> socket.socket:
        host, port = self.spec.listen.split(":")
        return socket.create_connection((host, int(port)), timeout=3)

    def ask(self, line: bytes = b"ping\n") -> bytes:
        with self.dial() as connection:
            connection.sendall(line)
            return connection.makefile("rb").readline()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ToxiproxyServer, Supervisor]]:
    workspace = Workspace(Path(tmp_path_factory.mktemp("links")))
    workspace.prepare()
    supervisor = Supervisor(workspace)
    proxy = ToxiproxyServer(Ports(BASE_PORT), supervisor)
    proxy.start(lambda _line: None)
    yield proxy, supervisor
    proxy.stop()


@pytest.fixture
def rig(server: tuple[ToxiproxyServer, Supervisor]) -> Iterator[Rig]:
    proxy, supervisor = server
    echo = EchoServer()
    spec = LinkSpec("caller-to-echo", f"127.0.0.1:{LINK_PORT}", f"127.0.0.1:{echo.port}")
    client = ToxiproxyClient("127.0.0.1", proxy.port, timeout_s=1.0)
    respawns: list[str] = []

    def respawn() -> None:
        respawns.append("respawned")
        proxy.respawn()

    def freeze() -> None:
        record = supervisor.records["toxiproxy"]
        process = record.process()
        assert process is not None
        process.suspend()

    links = ToxiproxyLinks(client, [spec], respawn=respawn)
    links.create_all()
    yield Rig(client, links, echo, spec, freeze, respawns)
    client.destroy(spec.name)
    echo.close()
