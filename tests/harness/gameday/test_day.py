"""The conductor of a day: a load that is steered, people who inject, an end that heals, and a plan for the judge."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from harness.core.errors import ControlError, FaultlineError, HarnessError, UsageError
from harness.gameday.book import DayBook, read_book
from harness.gameday.day import GameDay
from harness.gameday.ground import links_on
from harness.gameday.signals import Budget
from harness.guard.brake import stopped
from harness.injecting.channel import Channel, Request
from harness.run.conducting import Stage
from harness.run.events import EventLog, now_us
from harness.workspace import Workspace
from tests.faults.fake_surface import FakeSurface
from tests.harness.injecting.journal import Journal

SOON_S = 20.0


@dataclass
class Platform:
    """Answers what a game day asks a target."""

    surface: FakeSurface = field(default_factory=FakeSurface)
    silent: bool = False

    def link_reasons(self) -> Mapping[str, str]:
        return dict.fromkeys(links_on("embedded"), "")

    def active_faults(self) -> Sequence[str]:
        if self.silent:
            raise ControlError("the control plane does not answer")
        return [f"{link}: cut" for kind, link, *_ in self.surface.links.done if kind == "cut"]

    def backlog(self) -> Mapping[str, int]:
        return {"outbox_pending": 3}

    def recent_attempts(self, seconds: int) -> Mapping[str, int]:
        return {"stripe": seconds}


@dataclass
class Played:
    day: GameDay
    platform: Platform
    workspace: Workspace
    folder: Path
    alive: list[bool]
    errors: list[FaultlineError] = field(default_factory=list)

    def ask(self, request: Request) -> Any:
        channel = Channel.find(self.workspace)
        assert channel is not None
        return channel.send(request)


def until(check: Callable[[], object]) -> None:
    ends = time.monotonic() + SOON_S
    while not check():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    raw = tmp_path / "raw"
    raw.mkdir()
    workspace, platform, alive = Workspace(tmp_path / "ws"), Platform(), [True]
    workspace.prepare()
    day = GameDay(workspace, DayBook(tmp_path), lambda _: None, rate_per_s=7, length_s=60, seed=1, budget=Budget(0.01))
    shown = Played(day, platform, workspace, tmp_path, alive)
    with closing(EventLog(tmp_path / "events.jsonl")) as events:
        events.add("database_state", node="pg-a", up=True, role="primary", accepts_writes=True)
        stage = Stage(
            raw, events, [(1, "api1", "cpu_share", 0.2)], lambda: alive[0], lambda _: None,
            cast("Any", platform), Journal(), now_us() - 3_000_000,
        )  # fmt: skip

        def conduct() -> None:
            try:
                day.conduct(stage)
            except FaultlineError as error:
                shown.errors.append(error)

        thread = threading.Thread(target=conduct)
        thread.start()
        until(lambda: day.playing or shown.errors)
        yield shown
        day.end("the test")
        thread.join(timeout=SOON_S)


def ended(played: Played) -> None:
    played.day.end("ann")
    until(lambda: played.day.phase == "the last errands end" and Channel.find(played.workspace) is None)


def test_what_a_shell_injects_is_in_the_book_and_healed_at_the_end(played: Played) -> None:
    assert json.loads((played.folder / "raw" / "rate.json").read_text()) == {"rate_per_s": 7, "over": False}
    until(lambda: Channel.find(played.workspace))
    (made,) = played.ask(Request("inject", "bob", "gateway_down", "api1-to-stripe", {}, 30.0)).injections
    ended(played)
    until(lambda: json.loads((played.folder / "raw" / "rate.json").read_text())["over"])
    (item,) = played.day.injected
    assert (item.fault.place, made.by) == ("api1-to-stripe", "bob")
    assert item.window.from_s >= 3
    entries = read_book(played.folder)
    assert [(entry.kind, entry.by) for entry in entries] == [("injected", "bob"), ("ended", "ann")]
    assert (entries[0].fault, entries[0].on, entries[0].for_s) == ("gateway_down", "api1-to-stripe", 30.0)
    assert played.errors == []


def test_snapshots_have_what_the_platform_and_the_run_tell(played: Played) -> None:
    playing = played.day.playing
    assert playing is not None
    until(lambda: playing.signals.latest and playing.signals.latest.queues)
    latest = playing.signals.latest
    assert latest is not None
    assert (latest.queues, latest.cpu, latest.unknown) == ({"outbox_pending": 3}, {"api1": 0.2}, [])
    assert latest.nodes["pg-a"]["accepts_writes"] is True
    assert playing.signals.looker.seen.traffic.share_of("stripe") == 1.0
    played.platform.silent = True
    until(lambda: playing.signals.latest and "links and simulators" in playing.signals.latest.unknown)


def test_a_stop_from_a_shell_is_in_force_for_everybody(played: Played) -> None:
    until(lambda: Channel.find(played.workspace))
    played.ask(Request("inject", "bob", "gateway_down", "api1-to-stripe", {}, 30.0))
    reply = played.ask(Request("stop", "ann"))
    assert len(reply.steps) == 1
    told = stopped(played.workspace)
    assert told is not None
    assert told.by == "ann"
    with pytest.raises(UsageError, match="ann stopped everything"):
        played.ask(Request("inject", "bob", "gateway_down", "api1-to-stripe", {}, 30.0))


def test_a_load_that_ends_by_itself_is_an_error_of_the_harness(played: Played) -> None:
    played.alive[0] = False
    until(lambda: played.errors)
    assert isinstance(played.errors[0], HarnessError)
    assert played.day.playing is not None
    assert list(played.day.playing.live.on) == []
