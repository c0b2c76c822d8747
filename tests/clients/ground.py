"""What the clients pay at: one replica of the API, both gateways, and the two ways to it and to the gateway."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.provision.http import answers
from tests.clients.kinds import Kind
from tests.clients.paths import Balancer, Ending, Link, balanced, wait_until
from tests.system.gateways.live import API_KEY, CLIENT_ID, SECRET, LiveGateway, free_port

ROOT = Path(__file__).parents[2]
TOKEN = "test-key-m_alpha"
HELD_S = 15.0


@dataclass
class Ground:
    """Everything that is up. `seen` is what the API notes of each POST that reaches it."""

    folder: Path
    environment: Mapping[str, str]
    parts: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api_port, self.seen = free_port(), self.folder / "seen.jsonl"
        self.seen.touch()
        self.gateways: dict[str, LiveGateway] = {}
        self.links: dict[int, Link] = {}
        self.balancers: dict[int, Balancer] = {}
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        for brand in ("stripe", "paypal"):
            self.gateways[brand] = LiveGateway(brand, self.folder / brand)
            self.parts.append(self.gateways[brand])
        self._start_api()
        for port in (self.api_port, self._gateway_port):
            self.links[port] = Link(port, self.folder / "toxiproxy.log")
            self.parts.append(self.links[port])
            if balanced():
                self.balancers[port] = Balancer(self.links[port].port, self.api_port, self.folder)
                self.parts.append(self.balancers[port])

    @property
    def _gateway_port(self) -> int:
        return int(self.gateways["stripe"].url.rpartition(":")[2])

    def _start_api(self) -> None:
        environment = {
            **os.environ, **self.environment, "PAY_PORT": str(self.api_port), "PAY_STRIPE_API_KEY": API_KEY,
            "PAY_STRIPE_URL": self.gateways["stripe"].url, "PAY_PAYPAL_URL": self.gateways["paypal"].url,
            "PAY_PAYPAL_CLIENT_ID": CLIENT_ID, "PAY_PAYPAL_SECRET": SECRET,
        }  # fmt: skip
        command, log = [sys.executable, "-m", "tests.clients.counted_api", str(self.seen)], self.folder / "api.log"
        with log.open("ab") as said:
            self.parts.append(Ending(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)))
        wait_until(lambda: answers(f"http://127.0.0.1:{self.api_port}/health"), log)

    def link_of(self, kind: Kind) -> Link:
        return self.links[self._gateway_port if kind.at_gateway else self.api_port]

    def urls(self, kind: Kind, way: str) -> tuple[str, str]:
        """Return what to get and where to pay, over this way."""
        port = self._gateway_port if kind.at_gateway else self.api_port
        front = f"http://127.0.0.1:{self.links[port].port if way == 'link' else self.balancers[port].port}"
        return f"{front}/health", f"{front}/v1/payments"

    def charges(self) -> int:
        """Count the sums of money that were taken, at both gateways."""
        return sum(gateway.moved("capture") for gateway in self.gateways.values())

    def answers_to(self, kind: Kind, key: str) -> list[str]:
        """Return how each request with this key was answered where it arrived, once all of them are."""
        until = time.monotonic() + HELD_S
        while True:
            told = self._at_gateway(key) if kind.at_gateway else self._at_api(key)
            if None not in told:
                return [status for status in told if status]
            assert time.monotonic() < until, told
            time.sleep(0.02)

    def _at_api(self, key: str) -> list[str | None]:
        lines = [json.loads(line) for line in self.seen.read_text().splitlines()]
        mine = [line for line in lines if line["key"] == key]
        answered = [
            f"{line['status']}{' again' if line['replayed'] else ''}" for line in mine if line.get("status") is not None
        ]
        waiting = sum(1 for line in mine if "status" not in line) - len(answered)
        return [*answered, *([None] * waiting)]

    def _at_gateway(self, key: str) -> list[str | None]:
        calls = [call for call in self.gateways["stripe"].books()["calls"] if call["gateway_key"] == key]
        return [
            None if call["answered_at_us"] is None else f"{call['http_status']}{' again' if number else ''}"
            for number, call in enumerate(calls)
        ]

    def stop(self) -> None:
        for part in reversed(self.parts):
            part.stop()


class Client:
    """One client program: a line in, a line out."""

    def __init__(self, kind: Kind, log: Path) -> None:
        self.kind = kind
        self._log = log
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                list(kind.command()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
            )

    def ask(self, *words: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\t".join(words) + "\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        assert told, self._log.read_text()[-2000:]
        return told.strip()

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
