"""The two ways from a client: a link that closes silently, and HAProxy in front of that link, both real."""

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.links.client import ToxiproxyClient
from harness.provision.http import answers
from harness.provision.toxiproxy.locate import find_server
from tests.clients.kinds import REQUIRED
from tests.system.gateways.live import free_port

SHIPPED = Path(__file__).parents[2] / "docker" / "haproxy" / "haproxy.cfg"
LOST_AFTER_MS = 1200
"""The answer is held back for so long, then the connection is closed, without a byte of it and without an error."""
READY_S = 90.0


class Link:
    """A Toxiproxy server of its own, with one link to `upstream` (a port)."""

    def __init__(self, upstream: int, log: Path) -> None:
        control, self.port = free_port(), free_port()
        command = [str(find_server(lambda _: None)), "-host", "127.0.0.1", "-port", str(control)]
        self._process = started(command, log)
        self._process.once(lambda: answers(f"http://127.0.0.1:{control}/version"), log)
        self._client = ToxiproxyClient("127.0.0.1", control)
        self._client.create("front", listen=f"127.0.0.1:{self.port}", upstream=f"127.0.0.1:{upstream}")

    def lose_answers(self) -> None:
        """Let requests pass and no answer."""
        self._client.add_toxic(
            "front", "timeout", stream="downstream", toxicity=1.0, attributes={"timeout": LOST_AFTER_MS}
        )

    def heal(self) -> None:
        self._client.remove_toxic("front", "timeout_downstream")

    def stop(self) -> None:
        self._process.stop()


class Balancer:
    """HAProxy with the configuration that the platform's containers have, but for the addresses."""

    def __init__(self, link: int, checked: int, folder: Path) -> None:
        self.port = free_port()
        configuration, log = folder / f"haproxy-{self.port}.cfg", folder / "haproxy.log"
        configuration.write_text(configured(SHIPPED.read_text(), self.port, link, checked))
        self._process = started(["haproxy", "-db", "-f", str(configuration)], log)
        self._process.once(lambda: answers(f"http://127.0.0.1:{self.port}/health", any_status=True), log)

    def stop(self) -> None:
        self._process.stop()


def configured(shipped: str, port: int, link: int, checked: int) -> str:
    """Return the shipped configuration with other addresses: one server behind the link, which is asked past it."""
    lines = shipped.partition("frontend metrics")[0].splitlines()
    kept = [line for line in lines if not line.strip().startswith(("server ", "stats socket"))]
    server = f"    server api1 127.0.0.1:{link} addr 127.0.0.1 port {checked}"
    text = "\n".join([*kept, server, ""])
    assert "bind :8080" in text
    return text.replace("bind :8080", f"bind 127.0.0.1:{port}")


def balanced() -> bool:
    """Tell whether there is HAProxy here. Continuous integration demands it."""
    return REQUIRED or shutil.which("haproxy") is not None


class Ending:
    """A process that ends in good order, or is made to."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def once(self, holds: Callable[[], bool], log: Path) -> None:
        """Wait until it is ready; end it where that does not come."""
        try:
            wait_until(holds, log)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def started(command: Sequence[str], log: Path) -> Ending:
    with log.open("ab") as said:
        return Ending(subprocess.Popen(command, stdout=said, stderr=said))


def wait_until(holds: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + READY_S
    while not holds():
        assert time.monotonic() < until, log.read_text()[-2000:]
        time.sleep(0.05)
