"""Recorded arrivals as they really run: one command, Locust in its own processes, an API that answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.joining.ground import Ground, ground

pytestmark = pytest.mark.real

KINDS = ["sale", "refund", "sale", "decline"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    with ground(tmp_path) as made:
        yield made


def recorded(folder: Path) -> str:
    """Write crowds of forty, one every twenty seconds."""
    rows = [f"{crowd * 20}.0,{KINDS[place % 4]}," for crowd in range(4) for place in range(40)]
    path = folder / "crowds.csv"
    path.write_text("time,kind,amount_bucket\n" + "\n".join(rows) + "\n")
    return str(path)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_load_replays_its_recording_faster_and_tells_how_bursty_it_was(place: Ground, workers: str) -> None:
    load = place.load("--arrivals", recorded(place.folder), "--duration", "8s", "--workers", workers, "--json")
    assert load.wait(timeout=200) in (0, 2), place.said("load")
    firsts = place.history("SELECT any_value(flow), min(due_us) FROM history GROUP BY arrival ORDER BY arrival")
    assert [flow for flow, _ in firsts] == KINDS * 40
    begin = firsts[0][1]
    due_s = [round((due - begin) / 1e6, 2) for _, due in firsts]
    assert due_s[-1] == pytest.approx(8 * 159 / 160, abs=0.05)  # the last of 160, with one mean gap after it
    plan = json.loads((place.run / "plan.json").read_text())
    assert plan["load"]["arrivals"]["name"] == "crowds.csv"
    assert plan["load"]["arrivals"]["arrivals"] == 160
    assert plan["load"]["duration_s"] == 8
    told = place.said("load")
    account = json.loads(told[told.index("{\n") : told.rindex("}") + 1])
    burst = account["burstiness"]
    assert account["recording"] == "crowds.csv"
    assert burst["recorded"] == pytest.approx(burst["planned"], rel=0.3)
    assert burst["planned"] > 2
    assert burst["requests"] > burst["arrived"] > 1
