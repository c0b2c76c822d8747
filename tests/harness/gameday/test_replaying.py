"""A game day becomes a scenario that repeats its injections at the same moments."""

import json
from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.core.scenario import Scenario
from harness.gameday.book import DayBook, EntryKind
from harness.gameday.replaying import scenario_text, write_scenario

T0_US = 1_700_000_000_000_000


@pytest.fixture
def day(tmp_path: Path) -> Path:
    folder = tmp_path / "20260101-120000-gameday-1"
    folder.mkdir()
    book = DayBook(folder)
    book.add(EntryKind.INJECTED, "ann", about="gateway_latency-1", fault="gateway_latency", on="paypal",
             parameters={"latency_ms": "250"}, for_s=30)  # fmt: skip
    book.add(EntryKind.INJECTED, "bob", about="api_killed-2", fault="api_killed", for_s=30)
    book.add(EntryKind.INJECTED, "bob", about="failed-3", fault="api_frozen", for_s=30)
    lines = [("fault_injected", "gateway_latency-1", 5), ("fault_injected", "api_killed-2", 9.5),
             ("fault_healed", "gateway_latency-1", 12), ("fault_healed", "api_killed-2", 20)]  # fmt: skip
    events = [{"kind": kind, "fault_id": name, "at_us": T0_US + int(at_s * 1e6)} for kind, name, at_s in lines]
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    (folder / "plan.json").write_text(json.dumps({"t0_us": T0_US, "load": {"rate_per_s": 5.0}}))
    return folder


def test_the_file_is_a_scenario_with_the_same_faults_at_the_same_moments(day: Path) -> None:
    named: dict[str, object] = {}
    exec(compile(scenario_text(day), "replayed.py", "exec"), named)
    scenario = named["scenario"]
    assert isinstance(scenario, Scenario)
    told = [(item.fault.name, item.fault.place, item.window.from_s, item.window.to_s) for item in scenario.faults]
    assert told == [("gateway_latency", "*-to-paypal", 5.0, 12.0), ("api_killed", "api1", 9.5, 20.0)]
    assert scenario.faults[0].fault.settings["latency_ms"] == 250
    assert scenario.load.rate_per_s == 5.0


def test_it_is_written_once_under_a_name_that_a_scenario_may_have(day: Path, tmp_path: Path) -> None:
    path = write_scenario(day, "replayed_day", tmp_path)
    assert path.read_text() == scenario_text(day)
    with pytest.raises(UsageError, match="already"):
        write_scenario(day, "replayed_day", tmp_path)
    with pytest.raises(UsageError, match="--as"):
        write_scenario(day, "../evil", tmp_path)


def test_a_run_without_injections_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no game day"):
        scenario_text(tmp_path)
