"""A simulator on real sockets inside the test's own process: its servers run in a thread, its books can be read."""

import asyncio
import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from system.gateways.acquirer import brand as acquirer
from system.gateways.common.serve import QuietServer
from system.gateways.common.settings import SimulatorSettings
from system.gateways.common.simulator import MakeBrand, Simulator
from system.gateways.paypal import brand as paypal
from system.gateways.stripe import brand as stripe

API_KEY = "sk_test_live"
CLIENT_ID, SECRET = "client", "hush"
WEBHOOK_SECRET = "whsec_live"
BRANDS: Mapping[str, tuple[MakeBrand, str]] = {
    "stripe": (stripe.make_brand, stripe.SIGNATURE_HEADER),
    "paypal": (paypal.make_brand, paypal.SIGNATURE_HEADER),
    "acquirer": (acquirer.make_brand, ""),
}


_given: set[int] = set()


def free_port() -> int:
    """Return a port nobody uses, never the same twice, below every port that is fixed somewhere in the tests."""
    for _ in range(200):
        port = random.randint(12_000, 19_999)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise AssertionError("no free port in 200 tries")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None, timeout_s: float = 20.0
) -> Answer:
    """One request on a connection of its own. Raises what http.client raises when no whole answer comes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, response.read(), told)
    finally:
        connection.close()


def eventually(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    """Poll until something holds. Raises AssertionError at the deadline."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {within_s} s"
        time.sleep(0.01)


class LiveServers:
    """uvicorn servers in a thread of their own."""

    def __init__(self, servers: Callable[[], list[QuietServer]], background: Callable[[], Any] | None = None) -> None:
        self._servers = servers()
        self._background = background
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        eventually(lambda: all(server.started for server in self._servers))

    def _run(self) -> None:
        async def main() -> None:
            if self._background is None:
                await asyncio.gather(*(server.serve() for server in self._servers))
                return
            async with self._background():
                await asyncio.gather(*(server.serve() for server in self._servers))

        asyncio.run(main())

    def stop(self) -> None:
        for server in self._servers:
            server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


class LiveGateway:
    """One running simulator."""

    def __init__(self, brand: str, journal: Path, **settings: Any) -> None:
        self.brand = brand
        self.journal = journal
        port, admin_port = free_port(), free_port()
        self.url, self.admin = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin_port}"
        given: dict[str, Any] = {
            "name": brand, "port": port, "admin_port": admin_port, "journal": journal, "api_key": API_KEY,
            "client_id": CLIENT_ID, "secret": SECRET, "webhook_secret": WEBHOOK_SECRET, "log_level": "warning",
            "search_lag_s": 0.0, "feed_lag_s": 0.0,
        }  # fmt: skip
        make, header = BRANDS[brand]
        self.simulator = Simulator(SimulatorSettings(**(given | settings)), make, signature_header=header)
        self._stopped = False
        self._servers = LiveServers(self.simulator.servers, self.simulator.background)

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._servers.stop()
            self.simulator.books.close()

    def await_answers(self, deadline_s: float = 5.0) -> None:
        """Wait until the books know that every answer has left; they learn it just after the client has it."""
        until = time.monotonic() + deadline_s
        while any(row["answered_at_us"] is None for row in self.books()["calls"]):
            assert time.monotonic() < until, "an answer never left"
            time.sleep(0.01)

    def arm(self, kind: str, *, share: float = 1.0, seed: int = 1, id: str = "f", **parameters: Any) -> None:
        spec = {"id": id, "kind": kind, "share": share, "seed": seed, "parameters": parameters}
        answer = call("POST", f"{self.admin}/admin/faults", body=json.dumps(spec).encode())
        assert answer.status == 201, answer.body

    def disarm(self, id: str = "f") -> int:
        return call("DELETE", f"{self.admin}/admin/faults/{id}").status

    def hits(self, id: str = "f") -> int:
        rows = call("GET", f"{self.admin}/admin/faults").json
        return next(int(row["hits"]) for row in rows if row["id"] == id)

    def books(self) -> dict[str, list[dict[str, Any]]]:
        told: dict[str, list[dict[str, Any]]] = call("GET", f"{self.admin}/admin/books").json
        return told

    def moved(self, kind: str = "capture") -> int:
        return sum(1 for row in self.books()["movements"] if row["kind"] == kind)
