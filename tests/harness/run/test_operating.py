"""What an operator does during a run, on a target made of plain values."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from harness.core.errors import ControlError, UsageError
from harness.core.load import Load
from harness.core.operating import Operated, OperatorAction, ScheduledAction
from harness.core.scenario import Scenario
from harness.invariants import pick
from harness.operations import disable_fallback, find_stuck, reconcile
from harness.run.events import EventLog, now_us
from harness.run.operating import Operator, do_settled


class Platform:
    """Answers every action with a status, and remembers in which order it was asked."""

    def __init__(self, status: int | None = 200, *, broken: bool = False) -> None:
        self.asked: list[tuple[str, str]] = []
        self._status = status
        self._broken = broken

    def operate(self, action: OperatorAction, request_id: str, *, replica: str = "") -> Operated:
        self.asked.append((action.name, request_id))
        if self._broken:
            raise ControlError("nobody there")
        return Operated(self._status, {"run_id": "rec_1", "breaks": [1, 2, 3]})


def told(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_actions_are_done_in_time_and_order_and_written_down_with_their_request(tmp_path: Path) -> None:
    platform, path = Platform(), tmp_path / "events.jsonl"
    actions = [find_stuck().at(0.1), disable_fallback().at(0.0), reconcile("stripe").once_settled()]
    with closing(EventLog(path)) as events:
        operator = Operator(actions, platform, events, t0_us=now_us())  # type: ignore[arg-type]
        operator.start()
        until = time.monotonic() + 10
        while len(platform.asked) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        operator.stop()
        assert do_settled(actions, platform, events) == 1  # type: ignore[arg-type]
    names = ["disable_fallback_gateway", "find_stuck_transactions", "reconcile_payments"]
    assert [name for name, _ in platform.asked] == names
    written = told(path)
    assert [(row["kind"], row["action"], row["status"]) for row in written] == [
        ("operator_action", name, 200) for name in names
    ]
    assert [row["request_id"] for row in written] == [request_id for _, request_id in platform.asked]
    assert written[-1]["answer"] == {"run_id": "rec_1"}


@pytest.mark.parametrize("platform", [Platform(None), Platform(broken=True)], ids=["silent", "gone"])
def test_no_answer_is_written_down_as_none(tmp_path: Path, platform: Platform) -> None:
    with closing(EventLog(tmp_path / "events.jsonl")) as events:
        do_settled([disable_fallback().once_settled()], platform, events)  # type: ignore[arg-type]
    [row] = told(tmp_path / "events.jsonl")
    assert row["status"] is None


def test_an_operator_that_was_never_needed_stops(tmp_path: Path) -> None:
    with closing(EventLog(tmp_path / "events.jsonl")) as events:
        Operator([], Platform(), events, t0_us=now_us()).stop()  # type: ignore[arg-type]
    assert told(tmp_path / "events.jsonl") == []


def scenario(*operator: ScheduledAction) -> Scenario:
    load = Load(rate_per_s=5, duration_s=10, mix={"sale": 1})
    return Scenario(title="t", claim="c", load=load, must_hold=pick("I38"), operator=operator)


def test_an_action_after_the_load_is_refused_and_times_scale_with_it() -> None:
    with pytest.raises(UsageError, match="after the load"):
        scenario(find_stuck().at(11))
    with pytest.raises(UsageError, match="negative"):
        find_stuck().at(-1)
    longer = scenario(find_stuck().at(4), find_stuck().once_settled(after_s=3)).lasting(20)
    assert [(item.at_s, item.after_s) for item in longer.operator] == [(8, 0.0), (None, 3)]
