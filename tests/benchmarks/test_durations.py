"""The benchmark of whole runs: what a folder says of a run's time, and when an aim is missed."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.durations.__main__ import found, report
from benchmarks.durations.phases import Spent, spent
from harness.core.errors import HarnessError

ONE = Spent("calm", "PASS", ready_s=5.0, load_s=20.0, settle_s=4.0, read_s=2.0, judge_s=4.0)


def stored(folder: Path) -> Path:
    folder.mkdir(parents=True)
    began = {"reset": 100, "steady": 104, "load": 105, "heal": 125, "settle": 126, "final_reads": 129, "books": 130}
    events = [{"kind": "phase", "name": name, "at_us": at_s * 1_000_000} for name, at_s in began.items()]
    events.append({"kind": "history_merged", "at_us": 131_000_000})
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    (folder / "verdict.json").write_text('{"scenario": "calm", "verdict": "PASS"}')
    (folder / "report.html").touch()
    os.utime(folder / "report.html", (135, 135))
    return folder


def test_a_folder_says_where_the_time_went(tmp_path: Path) -> None:
    assert spent(stored(tmp_path / "run")) == ONE
    assert (ONE.after_s, ONE.total_s) == (10.0, 35.0)


def test_a_run_without_a_report_is_not_counted_and_one_without_phases_is_an_error(tmp_path: Path) -> None:
    stored(tmp_path / "whole")
    (stored(tmp_path / "broken off") / "report.html").unlink()
    assert found(tmp_path) == [ONE]
    (tmp_path / "whole" / "events.jsonl").write_text("")
    with pytest.raises(HarnessError, match="no run that came to its end"):
        found(tmp_path)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (replace(ONE, settle_s=1.0), 0),
        (replace(ONE, settle_s=1.1), 1),  # 0.71 of what came after the load
        (replace(ONE, settle_s=1.0, load_s=60.0), 0),  # a longer load is not slower
        (replace(ONE, settle_s=1.0, ready_s=12.0), 1),  # 1.11 of the whole
    ],
)
def test_aims_are_held_against_the_same_load(now: Spent, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert report({"calm": ONE}, {"calm": now}) == code
    assert "calm" in capsys.readouterr().out


def test_a_scenario_that_one_side_lacks_is_said_and_misses(capsys: pytest.CaptureFixture[str]) -> None:
    now = replace(ONE, settle_s=1.0)
    assert report({"calm": ONE, "brownout": ONE}, {"calm": now}) == 1
    assert "on one side only: brownout" in capsys.readouterr().out
