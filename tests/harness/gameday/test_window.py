"""The last minutes of a load: counted by second, given up in time, forgotten when old."""

import json
from pathlib import Path

from harness.gameday.signals import Budget
from harness.gameday.window import KEPT_S, OPEN_MAX, LiveWindow, quantile

T0_US = 1_000_000_000_000


class Raw:
    """A history that grows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "history-0.jsonl"
        self._path.touch()

    def invoke(self, op: str, due_s: float) -> None:
        self._add({"e": "invoke", "op": op, "expect": "succeed", "due_us": T0_US + int(due_s * 1e6)})

    def complete(self, op: str, done_s: float, outcome: str = "OK", status: int | None = 201) -> None:
        done_us = T0_US + int(done_s * 1e6)
        self._add({"e": "complete", "op": op, "done_us": done_us, "outcome": outcome, "http_status": status})

    def torn(self) -> None:
        with self._path.open("a") as stream:
            stream.write('{"e": "invoke", "op"')

    def _add(self, line: dict[str, object]) -> None:
        with self._path.open("a") as stream:
            stream.write(json.dumps(line) + "\n")


def at(seconds: float) -> int:
    return T0_US + int(seconds * 1e6)


def test_a_second_counts_what_was_due_answered_and_good_in_it(tmp_path: Path) -> None:
    raw, window = Raw(tmp_path), LiveWindow(tmp_path, T0_US)
    raw.invoke("a", 0.2)
    raw.invoke("b", 0.4)
    raw.complete("a", 0.3)
    window.look(at(1))
    raw.complete("b", 1.4, "FAILED", 503)
    raw.complete("b", 2.4)
    raw.torn()
    window.look(at(3))
    told = [(item.offered, item.achieved, item.good) for item in map(window.rates, (0, 1, 2))]
    assert told == [(2, 1, 1), (0, 1, 0), (0, 0, 1)]
    assert window.rates(2).p99_ms == 2000.0
    assert (window.ended, window.bad) == (2, 0)


def test_who_gets_nothing_in_five_seconds_has_got_nothing(tmp_path: Path) -> None:
    raw, window = Raw(tmp_path), LiveWindow(tmp_path, T0_US)
    raw.invoke("a", 0.0)
    raw.invoke("refused", 0.1)
    raw.complete("refused", 0.2, "FAILED", 402)
    window.look(at(4))
    assert (window.ended, window.bad) == (1, 1)
    window.look(at(6))
    raw.complete("a", 6.5)
    window.look(at(7))
    assert (window.ended, window.bad) == (2, 2)


def test_an_hour_keeps_no_more_than_its_window(tmp_path: Path) -> None:
    raw, window = Raw(tmp_path), LiveWindow(tmp_path, T0_US)
    for second in range(3600):
        raw.invoke(f"o{second}", second)
        raw.complete(f"o{second}", second + 0.05)
        if second % 60 == 59:
            window.look(at(second + 1))
    sizes = window.sizes
    assert sizes["open"] == 0
    assert sizes["seconds"] <= KEPT_S + 2
    assert sizes["waits"] <= 200
    assert window.ended == 3600


def test_no_more_operations_are_followed_than_a_bound(tmp_path: Path) -> None:
    raw, window = Raw(tmp_path), LiveWindow(tmp_path, T0_US)
    for number in range(OPEN_MAX + 50):
        raw.invoke(f"o{number}", number * 1e-4)
    window.look(at(3))
    assert window.sizes["open"] == OPEN_MAX
    assert window.bad == 50


def test_quantiles_are_values_that_were_there() -> None:
    assert quantile([], 0.5) is None
    assert quantile([1.0, 2.0, 9.0], 0.99) == 9.0


def test_the_budget_is_spent_by_what_failed() -> None:
    budget = Budget(0.01)
    assert (budget.left(0, 0), budget.left(1000, 5), budget.left(100, 3)) == (1.0, 0.5, -2.0)
