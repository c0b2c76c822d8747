"""The simulators as processes: started by their commands, killed, started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.system.gateways.live import API_KEY, CLIENT_ID, SECRET, LiveGateway, call, eventually, free_port
from tests.system.gateways.tellers import Teller, teller_of

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[3]


@dataclass
class Process:
    """One simulator process on fixed ports; speaks like a `LiveGateway` as far as tellers need."""

    brand: str
    journal: Path
    log: Path

    def __post_init__(self) -> None:
        self.port, self.admin_port = free_port(), free_port()
        self.url, self.admin = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.admin_port}"
        self.popen: subprocess.Popen[bytes] | None = None

    books = LiveGateway.books
    moved = LiveGateway.moved
    arm = LiveGateway.arm
    hits = LiveGateway.hits

    def start(self) -> None:
        environment = {
            **os.environ, "PAY_NAME": self.brand, "PAY_PORT": str(self.port), "PAY_ADMIN_PORT": str(self.admin_port),
            "PAY_JOURNAL": str(self.journal), "PAY_API_KEY": API_KEY, "PAY_CLIENT_ID": CLIENT_ID,
            "PAY_SECRET": SECRET, "PAY_SEARCH_LAG_S": "0",
        }  # fmt: skip
        command = [sys.executable, "-m", f"system.gateways.{self.brand}"]
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        eventually(self.healthy, 20)

    def healthy(self) -> bool:
        try:
            return call("GET", f"{self.admin}/admin/health").status == 200 and call("GET", self.url).status == 404
        except OSError:
            return False

    def end(self, number: signal.Signals) -> int:
        assert self.popen is not None
        self.popen.send_signal(number)
        return self.popen.wait(10)


def speak(process: Any) -> Teller:
    return teller_of(process)


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Callable[[str], Process]]:
    processes: list[Process] = []

    def start(brand: str) -> Process:
        processes.append(Process(brand, tmp_path / f"{brand}.jsonl", tmp_path / f"{brand}.log"))
        processes[-1].start()
        return processes[-1]

    yield start
    for process in processes:
        if process.popen is not None and process.popen.poll() is None:
            process.end(signal.SIGKILL)


@pytest.mark.parametrize("brand", ["stripe", "paypal", "acquirer"])
def test_kill_9_loses_nothing_that_was_answered(spawn: Callable[[str], Process], brand: str) -> None:
    process = spawn(brand)
    teller = speak(process)
    refs = [teller.sell(f"k{n}", 100 + n).ref for n in range(20)]
    assert teller.refund("r1", refs[0], 50).ok
    process.arm("execute_then_drop", endpoints="create")
    with pytest.raises(ConnectionError):
        teller.sell("lost", 777)
    before = process.books()
    process.end(signal.SIGKILL)
    process.start()
    assert process.books() == before
    assert process.hits() == 1
    again = speak(process)
    assert call("DELETE", f"{process.admin}/admin/faults/f").status == 200
    assert [again.sell(f"k{n}", 100 + n).ref for n in range(20)] == refs
    assert again.sell("lost", 777).ok
    assert process.moved("capture") == 21


@pytest.mark.parametrize("brand", ["stripe", "paypal", "acquirer"])
def test_sigterm_ends_the_process_soon_and_cleanly(spawn: Callable[[str], Process], brand: str) -> None:
    process = spawn(brand)
    assert speak(process).sell("k1").ok
    assert process.end(signal.SIGTERM) == 0
    assert b"Traceback" not in process.log.read_bytes()


def test_the_log_is_json_lines_that_carry_the_correlation_id(spawn: Callable[[str], Process]) -> None:
    process = spawn("stripe")
    assert speak(process).sell("k1").ok
    eventually(lambda: b"corr_k1" in process.log.read_bytes())
    line = next(line for line in process.log.read_text().splitlines() if "corr_k1" in line)
    assert '"process":"stripe"' in line
    assert API_KEY not in process.log.read_text()
