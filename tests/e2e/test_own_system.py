"""docs/your-own-system.md, followed line by line: the naive service fails as the page says, the repaired one passes."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.core.adapter import Adapter
from harness.links.client import ToxiproxyClient
from harness.targets.remote.loading import load_adapter
from tests.e2e.conftest import RUN_DEADLINE_S, Result, as_from_a_terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your-own-system.md").read_text()
COMMANDS = [
    (shlex.split(command), expected)
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command, expected in re.findall(r"^\$ (.*)\n((?:[^$\n].*\n)*)", block, re.MULTILINE)
]
RUNS = [(command, expected) for command, expected in COMMANDS if command[:2] == ["faultline", "run"]]
CHECKS = [(command, expected) for command, expected in COMMANDS if command[:2] == ["faultline", "check-adapter"]]
STARTS = [(command, expected) for command, expected in COMMANDS if "platform.py" in " ".join(command)]
PORTS = range(28001, 28014)
READY_S = 120.0
"""Toxiproxy may have to be built."""


class Terminal:
    """The first terminal of the page, in which the example's platform runs."""

    def __init__(self, screen: Path, command: list[str], expected: str) -> None:
        """Return when it has said what the page says that it does."""
        with screen.open("w") as shown:
            self.process = subprocess.Popen(
                [sys.executable, *command[1:]], cwd=ROOT, stdout=shown, stderr=shown, preexec_fn=as_from_a_terminal
            )
        until = time.monotonic() + READY_S
        while expected not in screen.read_text():
            assert self.process.poll() is None, screen.read_text()
            assert time.monotonic() < until, screen.read_text()
            time.sleep(0.1)

    def end(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=30)
        finally:
            self.process.kill()


def followed(folder: Path, command: list[str]) -> tuple[Result, dict[str, Any]]:
    """Carry out a line of the page in the second terminal; return what it said, and its verdict."""
    out = folder / "runs"
    ran = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", *command[1:], "--out", str(out)],
        cwd=ROOT,
        env=os.environ | {"FAULTLINE_WORKSPACE": str(folder / "workspace")},
        capture_output=True,
        text=True,
        timeout=RUN_DEADLINE_S,
    )
    verdicts = list(out.glob("*/verdict.json"))
    assert verdicts, ran.stderr
    return Result(ran.returncode, ran.stdout, ran.stderr), json.loads(verdicts[0].read_text())


@pytest.fixture
def adapter() -> Adapter:
    [path] = {command[command.index("--adapter") + 1] for command, _ in RUNS}
    return load_adapter(ROOT / path)


# That a sound system passes is tried by test_strangers.py in every run.
@pytest.fixture(params=[pytest.param(0, id="naive"), pytest.param(1, id="repaired", marks=pytest.mark.thorough)])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """Which of the page's services runs while a test does."""
    opened = Terminal(tmp_path / "screen", *STARTS[request.param])
    yield request.param
    opened.end()
    listening = {item.laddr.port for item in psutil.net_connections("tcp") if item.laddr and item.status == "LISTEN"}
    assert listening.isdisjoint(PORTS)


def test_the_page_has_the_steps_that_this_test_knows() -> None:
    steps = ["make", ".", "python", "faultline", "faultline", "python", "faultline"]
    assert [command[0] for command, _ in COMMANDS] == steps
    assert (len(CHECKS), len(RUNS)) == (1, 2)


def test_the_page_works_line_by_line(terminal: int, adapter: Adapter, tmp_path: Path) -> None:
    [(check, ok)] = CHECKS
    checked = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", *check[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert checked.stdout.startswith(ok), checked.stdout + checked.stderr
    assert ("SEEN" in checked.stdout) == (terminal == 0)
    command, expected = RUNS[terminal]
    result, verdict = followed(tmp_path, command)
    assert result.out.startswith(expected), result.out + result.err
    assert verdict["not_judged"] == []
    broken = {item["id"] for item in verdict["invariants"] if item["verdict"] == "FAIL"}
    held = {item["id"] for item in verdict["invariants"] if item["verdict"] == "PASS"}
    if terminal == 0:
        assert result.code == 1
        assert {"I1", "I4", "I5", "I7", "I8", "I9"} <= broken, result.out
    else:
        assert result.code == 0
        assert {"I1", "I2", "I3", "I4", "I5", "I7", "I8", "I9", "I14", "I37"} <= held
    assert verdict["faults"][0]["hits"] > 0
    host, port = adapter.toxiproxy.split(":")
    assert ToxiproxyClient(host, int(port)).disturbances() == []


def test_a_second_start_is_refused_where_the_first_still_runs() -> None:
    with socket.create_server(("127.0.0.1", PORTS[0])):
        command = [sys.executable, "examples/naive-payments/platform.py", "repaired"]
        refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 64
    assert refused.stderr == f"error: port {PORTS[0]} is taken\nhint: end the service that was started before\n"
    assert refused.stdout == ""
