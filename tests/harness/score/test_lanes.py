"""Lanes: each on a platform of its own, everything told one at a time, and taken down whatever happens."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import bound
from harness.core.errors import HarnessError, Interrupted
from harness.score import lanes as module
from harness.score import running
from harness.score.cases import Batch, Case
from harness.score.lanes import Lanes
from harness.score.outcome import Outcome
from harness.workspace import Workspace

PRETEND = """
import json, os, pathlib, sys
out, *arguments = json.loads(sys.argv[1])
with open(pathlib.Path(out) / "calls", "a") as calls:
    calls.write(json.dumps([os.environ["FAULTLINE_WORKSPACE"], arguments]) + "\\n")
if arguments[0] == "run":
    print(json.dumps({"scenario": arguments[1], "verdict": "PASS"}))
sys.exit(3 if "--fails" in arguments else 0)
"""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let `faultline` be a script that writes down how it was called."""

    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-c", PRETEND, json.dumps([str(tmp_path), *arguments])]

    for where in (bound, module):
        monkeypatch.setattr(where, "command", command)
    monkeypatch.setenv("FAULTLINE_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path / "calls"


def told_by(calls: Path) -> list[tuple[str, list[str]]]:
    return [(where, arguments) for where, arguments in map(json.loads, calls.read_text().splitlines())]


def batches(*names: str) -> list[Batch]:
    return [[Case(name, 1)] for name in names]


def test_one_lane_brings_a_platform_up_runs_everything_on_it_and_takes_it_down(calls: Path, tmp_path: Path) -> None:
    told: list[Outcome] = []
    prepared: list[tuple[Batch, Path]] = []
    lanes = Lanes(
        1,
        out=tmp_path,
        base_port=23000,
        told=told.append,
        prepare=lambda batch, workspace: prepared.append((batch, workspace.root)),
    )
    lanes.carry_out(batches("calm", "brownout"))
    assert [arguments[0] for _, arguments in told_by(calls)] == ["up", "run", "run", "down"]
    assert {where for where, _ in told_by(calls)} == {str(tmp_path / "workspace")}
    assert [(item.case.scenario, item.verdict) for item in told] == [("calm", "PASS"), ("brownout", "PASS")]
    assert [where for _, where in prepared] == [Workspace.locate().root] * 2


def test_two_lanes_have_workspaces_and_ports_of_their_own_and_share_the_work(calls: Path, tmp_path: Path) -> None:
    told: list[str] = []
    meet = threading.Barrier(2, timeout=60)
    lanes = Lanes(
        2,
        out=tmp_path,
        base_port=23000,
        told=lambda outcome: told.append(outcome.case.scenario),
        prepare=lambda *_: meet.wait() and None,
    )
    lanes.carry_out(batches("calm", "brownout"))
    assert sorted(told) == ["brownout", "calm"]
    up = {(Path(where).name, arguments[-1]) for where, arguments in told_by(calls) if arguments[0] == "up"}
    assert up == {("1", "23000"), ("2", "23200")}
    assert sum(arguments[0] == "down" for _, arguments in told_by(calls)) == 2


def test_a_lane_that_begins_after_the_end_starts_nothing(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    lanes = Lanes(1, out=tmp_path, base_port=23000, told=lambda _: None)
    begin, look, settle = lanes._lane, lanes._look, lanes._settle

    def late(number: int, queue: Iterator[Batch]) -> None:
        ended.wait(30)
        begin(number, queue)

    def interrupted() -> None:
        if ended.is_set():
            return look()
        raise Interrupted(signal.SIGTERM)

    def ends() -> None:
        ended.set()
        settle()

    monkeypatch.setattr(lanes, "_lane", late)
    monkeypatch.setattr(lanes, "_look", interrupted)
    monkeypatch.setattr(lanes, "_settle", ends)
    with pytest.raises(Interrupted):
        lanes.carry_out(batches("calm"))
    assert not calls.exists()


def test_a_runner_that_was_told_to_end_starts_nothing_more(calls: Path, tmp_path: Path) -> None:
    runner = running.Runner(tmp_path)
    runner.end()
    assert list(runner.carry_out([Case("calm", 1)])) == []
    assert not calls.exists()


def test_nothing_is_brought_up_where_nothing_is_to_be_run(calls: Path, tmp_path: Path) -> None:
    Lanes(1, out=tmp_path, base_port=23000, told=lambda _: None).carry_out([])
    assert not calls.exists()


def test_an_error_ends_the_lane_takes_its_platform_down_and_is_raised(calls: Path, tmp_path: Path) -> None:
    def told(outcome: Outcome) -> None:
        raise HarnessError("no room")

    with pytest.raises(HarnessError, match="no room"):
        Lanes(1, out=tmp_path, base_port=23000, told=told).carry_out(batches("calm", "brownout"))
    assert [arguments[0] for _, arguments in told_by(calls)] == ["up", "run", "down"]


@pytest.mark.parametrize("signals", [1, 2])
def test_an_interruption_takes_the_platform_down(calls: Path, tmp_path: Path, signals: int) -> None:
    def interrupt(signum: int, frame: object) -> None:
        raise Interrupted(signum)

    def told(outcome: Outcome) -> None:
        for _ in range(signals):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.7)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        with pytest.raises(Interrupted):
            Lanes(1, out=tmp_path, base_port=23000, told=told).carry_out(batches("calm", "brownout"))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [arguments[0] for _, arguments in told_by(calls)] == ["up", "run", "down"]
