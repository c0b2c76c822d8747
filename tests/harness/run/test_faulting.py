"""The fault schedule: undo before injecting, healing on time and on every path."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.core.errors import ControlError, HarnessError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, ScheduledFault, Sighting, Undo, Window
from harness.core.surface import Surface
from harness.run.events import EventLog, now_us
from harness.run.faulting import FaultSchedule
from tests.faults.fake_surface import FakeSurface


@dataclass
class Diary:
    lines: list[str] = field(default_factory=list)

    def register(self, undo: Undo) -> str:
        self.lines.append(f"register {undo.kind}")
        return "entry-1"

    def heal(self, entry: str) -> None:
        self.lines.append(f"heal {entry}")

    def heal_all(self) -> Sequence[str]:
        self.lines.append("heal all")
        return []

    def require_lease(self) -> None:
        self.lines.append("lease")


@dataclass(frozen=True)
class Noted:
    diary: Diary
    breaks: bool = False
    name: str = "noted"
    place: str = "worker-to-sink"
    settings: Mapping[str, float | int | str] = field(default_factory=dict)

    def undo(self, surface: Surface) -> Sequence[Undo]:
        return [surface.links.undo("worker-to-sink")]

    def inject(self, surface: Surface, seed: int) -> None:
        self.diary.lines.append(f"inject seed {seed}")
        if self.breaks:
            raise ControlError("the control plane did not answer")

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        return 0


@pytest.fixture
def events(tmp_path: Path) -> Iterator[EventLog]:
    with closing(EventLog(tmp_path / "events.jsonl")) as log:
        yield log


def schedule(diary: Diary, events: EventLog, *, breaks: bool = False, to_s: float = 0.1) -> FaultSchedule:
    item = ScheduledFault(Noted(diary, breaks), Window(0.05, to_s))
    return FaultSchedule([item], FakeSurface(), diary, events, seed=9, t0_us=now_us())


def test_the_undo_is_written_down_before_anything_breaks_and_carried_out_on_time(events: EventLog) -> None:
    diary = Diary()
    faults = schedule(diary, events)
    faults.start()
    faults.finish(timeout_s=5)
    assert diary.lines == ["register restore_link", "inject seed 9", "heal entry-1"]


def test_the_diary_tells_when_a_fault_was_really_on(tmp_path: Path, events: EventLog) -> None:
    faults = schedule(Diary(), events)
    faults.start()
    faults.finish(timeout_s=5)
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [(event["kind"], event["fault_id"]) for event in events] == [
        ("fault_injected", "noted-1"),
        ("fault_healed", "noted-1"),
    ]


def test_an_injection_that_fails_is_taken_back_reported_and_never_looks_injected(
    tmp_path: Path, events: EventLog
) -> None:
    diary = Diary()
    faults = schedule(diary, events, breaks=True)
    faults.start()
    with pytest.raises(ControlError, match="did not answer"):
        faults.finish(timeout_s=5)
    assert diary.lines == ["register restore_link", "inject seed 9", "heal entry-1"]
    (event,) = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert (event["kind"], event["fault_id"]) == ("fault_failed", "noted-1")
    assert event["begun_us"] <= event["at_us"]


def test_a_schedule_that_does_not_end_in_time_is_an_error_of_the_harness(events: EventLog) -> None:
    faults = schedule(Diary(), events, to_s=60)
    faults.start()
    with pytest.raises(HarnessError, match="did not finish"):
        faults.finish(timeout_s=0.3)


def test_an_abandoned_schedule_stops_at_once(events: EventLog) -> None:
    faults = schedule(Diary(), events, to_s=60)
    faults.start()
    began = time.monotonic()
    faults.abandon()
    assert time.monotonic() - began < 10


@dataclass(frozen=True)
class Watching(Noted):
    def inject(self, surface: Surface, seed: int) -> Sighting | None:  # type: ignore[override]
        return {"pid": 4711}

    def tick(self, surface: Surface) -> Sighting | None:
        self.diary.lines.append("tick")
        return {"looks": self.diary.lines.count("tick")} if self.diary.lines.count("tick") < 3 else None


def kinds(path: Path) -> list[tuple[str, object]]:
    lines = [json.loads(line) for line in (path / "events.jsonl").read_text().splitlines()]
    return [(line["kind"], line.get("pid", line.get("looks"))) for line in lines]


def test_what_a_fault_sees_while_it_is_on_is_logged_between_its_beginning_and_its_end(
    tmp_path: Path, events: EventLog
) -> None:
    diary = Diary()
    item = ScheduledFault(Watching(diary), Window(0.05, 1.2))
    faults = FaultSchedule([item], FakeSurface(), diary, events, seed=9, t0_us=now_us())
    faults.start()
    faults.finish(timeout_s=5)
    seen = [
        ("fault_injected", None),
        ("fault_seen", 4711),
        ("fault_seen", 1),
        ("fault_seen", 2),
        ("fault_healed", None),
    ]
    assert kinds(tmp_path) == seen
    assert diary.lines[-1] == "heal entry-1"


def test_a_fault_without_anything_to_do_meanwhile_is_never_ticked(tmp_path: Path, events: EventLog) -> None:
    faults = schedule(Diary(), events, to_s=0.8)
    faults.start()
    faults.finish(timeout_s=5)
    assert [kind for kind, _ in kinds(tmp_path)] == ["fault_injected", "fault_healed"]
