"""Faults that people turn on: undo first, off in time, off at one word, and nothing while a stop is in force."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.gateway_down import gateway_down
from faults.gateway_latency import gateway_latency
from harness.core.errors import HealingError, UsageError
from harness.injecting.live import LiveFaults
from harness.run.events import EventLog
from tests.faults.fake_surface import FakeSurface
from tests.harness.injecting.journal import Journal

SOON_S = 10.0


@dataclass
class Stage:
    live: LiveFaults
    journal: Journal
    surface: FakeSurface
    forbidden: list[str]
    events: Path

    def kinds(self) -> list[str]:
        return [line.split('"kind": "')[1].split('"')[0] for line in self.events.read_text().splitlines()]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    journal, surface, forbidden = Journal(), FakeSurface(), list[str]()

    def allowed() -> None:
        if forbidden:
            raise UsageError(forbidden[0])

    with closing(EventLog(tmp_path / "events.jsonl")) as events:
        live = LiveFaults(surface, journal, events, seed=7, allowed=allowed)
        live.start()
        yield Stage(live, journal, surface, forbidden, tmp_path / "events.jsonl")
        journal.broken = False
        live.trouble = ""
        live.finish()


def until(check: Callable[[], bool]) -> None:
    ends = time.monotonic() + SOON_S
    while not check():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_fault_is_on_for_its_time_and_then_healed_by_itself(stage: Stage) -> None:
    made = stage.live.inject(gateway_down("paypal"), 0.3, "ann")
    assert stage.journal.outstanding
    assert [item.id for item in stage.live.on] == [made.id]
    until(lambda: not stage.live.on)
    (ended,) = stage.live.injections
    assert (ended.ended, stage.journal.outstanding) == ("in time", {})
    assert stage.kinds()[0] == "injection_asked"
    assert stage.kinds()[-1] == "fault_healed"


def test_several_are_on_at_once_and_each_is_healed_alone(stage: Stage) -> None:
    first = stage.live.inject(gateway_down("stripe"), 60, "ann")
    second = stage.live.inject(gateway_latency("paypal"), 60, "bob")
    stage.live.heal(first.id, "ann")
    assert [item.id for item in stage.live.on] == [second.id]
    assert stage.live.injections[0].ended == "by ann"


def test_the_same_fault_at_the_same_place_is_on_once(stage: Stage) -> None:
    stage.live.inject(gateway_down("stripe"), 60, "ann")
    with pytest.raises(UsageError, match="on already"):
        stage.live.inject(gateway_down("stripe"), 60, "bob")


def test_a_renewed_fault_stays_on_from_now(stage: Stage) -> None:
    made = stage.live.inject(gateway_down("stripe"), 30, "ann")
    assert stage.live.renew(made.id, 600, "ann").until_us > made.until_us
    with pytest.raises(UsageError, match="is on"):
        stage.live.renew("gateway_down-99", 30, "ann")


def test_a_stop_heals_everything_and_says_how_long_it_took(stage: Stage) -> None:
    stage.live.inject(gateway_down("stripe"), 60, "ann")
    stage.live.inject(gateway_latency("paypal"), 60, "ann")
    stage.forbidden.append("stopped")
    healed = stage.live.stop("carl")
    assert (list(stage.live.on), stage.journal.outstanding, list(healed.problems)) == ([], {}, [])
    assert len(healed.steps) == 4
    assert healed.quick_s <= healed.all_s
    assert {item.ended for item in stage.live.injections} == {"by a stop"}
    with pytest.raises(UsageError, match="stopped"):
        stage.live.inject(gateway_down("stripe"), 60, "ann")


def test_what_cannot_be_healed_is_said_and_nothing_more_is_injected(stage: Stage) -> None:
    made = stage.live.inject(gateway_down("stripe"), 60, "ann")
    stage.journal.broken = True
    with pytest.raises(HealingError):
        stage.live.heal(made.id, "ann")
    with pytest.raises(UsageError, match="could not be healed"):
        stage.live.inject(gateway_latency("paypal"), 60, "ann")
    stage.journal.broken = False
    assert list(stage.live.stop("ann").problems) == []
    stage.live.inject(gateway_latency("paypal"), 60, "ann")


def test_what_was_injected_is_a_plan_for_the_judge(stage: Stage) -> None:
    made = stage.live.inject(gateway_down("stripe"), 60, "ann")
    stage.live.heal(made.id, "ann")
    (item,) = stage.live.scheduled(made.on_us - 2_000_000)
    assert item.fault.name == "gateway_down"
    assert item.window.from_s == 2.0
    assert item.window.to_s > 2.0
