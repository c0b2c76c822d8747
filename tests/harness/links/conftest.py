"""Toxiproxy servers, a process and a container, and something to talk to behind them."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from harness.links.client import ToxiproxyClient
from harness.links.toxiproxy import LinkSpec, ToxiproxyLinks
from harness.provision.containers.pausing import pause
from harness.provision.ports import Ports
from harness.provision.processes.supervisor import Supervisor
from harness.provision.toxiproxy.server import ToxiproxyServer
from harness.workspace import Workspace
from tests.images import built

BASE_PORT = 25100
LINK_PORT = BASE_PORT + 60


def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    """Poll until something holds. Raises AssertionError at the deadline."""
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, f"did not come true within {within_s} s"
        time.sleep(0.01)


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

    def await_received(self, line: bytes) -> None:
        """Wait until a line has arrived. Raises AssertionError at the deadline."""
        eventually(lambda: line in self.received)

    def close(self) -> None:
        self._socket.close()


@dataclass
class Rig:
    """One link `caller-to-echo` and everything around it. `respawns` are the monotonic times at which one began."""

    client: ToxiproxyClient
    links: ToxiproxyLinks
    echo: EchoServer
    spec: LinkSpec
    freeze: Callable[[], None]
    respawns: list[float] = field(default_factory=list)

    def dial(self) -> socket.socket:
        host, port = self.spec.listen.split(":")
        return socket.create_connection((host, int(port)), timeout=3)

    def ask(self, line: bytes = b"ping\n") -> bytes:
        with self.dial() as connection:
            connection.sendall(line)
            return connection.makefile("rb").readline()


class Server(Protocol):
    """A Toxiproxy server of one kind."""

    port: int

    def respawn(self) -> None:
        """Kill it, frozen or not, and start it again."""

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""


class ServerProcess:
    """The embedded target's."""

    def __init__(self, folder: Path) -> None:
        workspace = Workspace(folder)
        workspace.prepare()
        self._supervisor = Supervisor(workspace)
        self._server = ToxiproxyServer(Ports(BASE_PORT), self._supervisor)
        self._server.start(lambda _line: None)
        self.port = self._server.port
        self.respawn = self._server.respawn
        self.stop = self._server.stop

    def freeze(self) -> None:
        process = self._supervisor.records["toxiproxy"].process()
        assert process is not None
        process.suspend()
        # The signal takes hold a moment later; until then the server may still answer.
        eventually(lambda: process.status() == psutil.STATUS_STOPPED)


class ServerContainer:
    """The compose target's image. It shares this machine's network, so that both kinds listen where the links say."""

    port = BASE_PORT + 61

    def __init__(self) -> None:
        command = ["toxiproxy-server", "-host", "127.0.0.1", "-port", str(self.port)]
        self._container = DockerContainer(built("toxiproxy"), command=command, network_mode="host")
        self._container.start()
        self._await()

    def _await(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("Toxiproxy's container did not answer")

    def respawn(self) -> None:
        wrapped = self._container.get_wrapped_container()
        wrapped.reload()
        if wrapped.status == "paused":
            wrapped.unpause()
        wrapped.kill()
        wrapped.start()
        self._await()

    def freeze(self) -> None:
        pause(self._container.get_wrapped_container())

    def stop(self) -> None:
        self._container.stop()


@pytest.fixture(scope="session", params=["process", pytest.param("container", marks=pytest.mark.containers)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Containers are removed here; the reaper would be one more image to fetch.
    testcontainers_config.ryuk_disabled = True
    made = ServerProcess(tmp_path_factory.mktemp("links")) if request.param == "process" else ServerContainer()
    yield made
    made.stop()


@pytest.fixture
def rig(server: Server) -> Iterator[Rig]:
    echo = EchoServer()
    spec = LinkSpec("caller-to-echo", f"127.0.0.1:{LINK_PORT}", f"127.0.0.1:{echo.port}")
    client = ToxiproxyClient("127.0.0.1", server.port, timeout_s=1.0)
    respawns: list[float] = []

    def respawn() -> None:
        respawns.append(time.monotonic())
        server.respawn()

    links = ToxiproxyLinks(client, [spec], respawn=respawn)
    links.create_all()
    yield Rig(client, links, echo, spec, server.freeze, respawns)
    client.destroy(spec.name)
    echo.close()
