"""The prober of a real platform: slices of what was due, and the reasons why a probe means nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.capacity.slo import parse_slo
from harness.core.errors import HarnessError
from harness.objectives.starvation import Sampled
from harness.run.events import EventLog, now_us
from harness.run.probing import LiveProber
from loadtests.steering import Told, told_rate

SECOND_US = 1_000_000


class Ground:
    """A prober whose present probe began ten seconds ago, with a history of its own making."""

    def __init__(self, folder: Path) -> None:
        self.raw = folder
        self.events = EventLog(folder / "events.jsonl")
        self.samples: list[Sampled] = []
        self.there = True
        self.prober = LiveProber(folder, parse_slo([]), self.events, self.samples, lambda: self.there)
        self.prober.offer(20.0)
        self.begun_us = self.prober._begun_us = now_us() - 10 * SECOND_US

    def write(self, number: int, at_s: float, took_ms: float | None, *, outcome: str = "OK", lag_ms: float = 1) -> None:
        due_us = self.begun_us + int(at_s * SECOND_US)
        sent_us = due_us + int(lag_ms * 1000)
        op, common = f"op{number}", {"kind": "create", "expect": "succeed"}
        lines = [{"e": "invoke", "op": op, "attempt": 1, "due_us": due_us, "sent_us": sent_us, **common}]
        if took_ms is not None:
            done_us = due_us + int(took_ms * 1000)
            status = 201 if outcome == "OK" else 422
            lines.append(
                {"e": "complete", "op": op, "attempt": 1, "done_us": done_us, "outcome": outcome, "http_status": status}
            )
        with (self.raw / "history-0.jsonl").open("a") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path)
    yield made
    made.events.close()


def test_slices_have_what_was_due_in_them_and_what_broke_which_clause(ground: Ground) -> None:
    for number, (at_s, took_ms, outcome) in enumerate(
        [(0.1, 50, "OK"), (0.2, 400, "OK"), (0.6, 40, "FAILED"), (0.7, None, "OK"), (8.9, None, "OK")]
    ):
        ground.write(number, at_s, took_ms, outcome=outcome)
    ground.prober.wait(0.01)
    first, second, *others = ground.prober.slices()
    assert first.seen == {"p99": (2, 1), "errors": (2, 0)}
    assert first.waits_ms == pytest.approx([50, 400])
    assert second.seen == {"p99": (2, 1), "errors": (2, 2)}
    assert others[15].seen == {"p99": (1, 1), "errors": (0, 0)}
    assert len(others) >= 16
    assert ground.prober.in_flight() == 2


def test_what_is_offered_is_told_to_the_load_and_counted_as_load(ground: Ground) -> None:
    assert told_rate(ground.raw) == Told(20.0)
    assert ground.prober.load_s == pytest.approx(10, abs=1)
    ground.prober.offer(0.0)
    ground.prober._begun_us -= 5 * SECOND_US
    assert ground.prober.load_s == pytest.approx(10, abs=1)
    ground.prober.over()
    assert told_rate(ground.raw) == Told(0.0, over=True)
    assert [rate for rate, _, _ in ground.prober.spans] == [20.0]


def test_a_late_generator_is_a_doubt(ground: Ground) -> None:
    for number in range(180):
        ground.write(number, number / 20, 20, lag_ms=80 if number % 20 == 0 else 1)
    ground.prober.wait(0.01)
    assert any("the load generator was late: p99 lag 80 ms" in told for told in ground.prober.doubts())


def test_a_generator_that_fell_silent_is_a_doubt(ground: Ground) -> None:
    for number in range(60):
        ground.write(number, number / 20, 20)
    ground.prober.wait(0.01)
    assert any("nothing was sent in the last" in told for told in ground.prober.doubts())


def test_a_starved_machine_is_a_doubt_and_a_busy_platform_is_none(ground: Ground) -> None:
    def pulse(busy: float, own: float) -> None:
        ground.samples.clear()
        ground.samples.append((ground.begun_us, "machine", "cores", 2.0))
        for beat in range(18):
            at_us = ground.begun_us + beat * SECOND_US // 2
            told = {"pulse_cpu_ms": 10.0, "pulse_work_ms": 40.0, "pressure_some_share": 0.9, "busy_cores": busy}
            ground.samples.extend((at_us, "machine", name, value) for name, value in told.items())
            ground.samples.append((at_us, "api1", "cpu_share", own))

    pulse(busy=2.0, own=0.2)
    assert any("the machine was starved of processors for 9 s" in told for told in ground.prober.doubts())
    pulse(busy=2.0, own=1.9)
    assert ground.prober.doubts() == []


def test_a_load_that_is_gone_ends_the_search(ground: Ground) -> None:
    ground.there = False
    with pytest.raises(HarnessError, match="ended while a rate was being probed"):
        ground.prober.wait(0.2)
