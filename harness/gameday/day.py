"""The conductor of a game day: a gentle load without end, people who break things, and when it is over."""

import importlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from harness.core.errors import HarnessError
from harness.core.fault import Fault, ScheduledFault
from harness.gameday.book import DayBook, EntryKind
from harness.gameday.ground import Ground, ground_of
from harness.gameday.looking import Looker, Told, Watched
from harness.gameday.signals import Budget, Signals
from harness.gameday.window import LiveWindow
from harness.guard.brake import engage, require_released
from harness.injecting.channel import ChannelServer, Request
from harness.injecting.desk import InjectionDesk
from harness.injecting.live import Injection, LiveFaults
from harness.run.conducting import Stage
from harness.run.events import now_us
from harness.workspace import Workspace

MAX_LENGTH_S = 4 * 3600.0
POLL_S = 0.2


@dataclass(frozen=True)
class Playing:
    """What there is once the load has begun: who injects, what is shown, where."""

    live: LiveFaults
    desk: InjectionDesk
    signals: Signals
    ground: Ground


class GameDay:
    """Steers the load of one game day. `playing` is there from the first arrival until the last."""

    def __init__(
        self,
        workspace: Workspace,
        book: DayBook,
        check: Callable[[Fault], None],
        *,
        rate_per_s: float,
        length_s: float,
        seed: int,
        budget: Budget,
    ) -> None:
        self.api_urls: Sequence[str] = ()
        self.injected: Sequence[ScheduledFault] = ()
        self.book = book
        self.phase = "starting the platform"
        self.playing: Playing | None = None
        self.ends_at = 0.0
        """When it ends by itself (seconds since the epoch)."""
        self._workspace = workspace
        self._check = check
        self._rate_per_s = rate_per_s
        self._length_s = length_s
        self._seed = seed
        self._budget = budget
        self._over = threading.Event()

    def end(self, by: str) -> None:
        """End the day: everything is healed, the load ends, all is judged."""
        if not self._over.is_set():
            self.book.add(EntryKind.ENDED, by)
            self._over.set()

    def conduct(self, stage: Stage) -> None:
        """Let people play until somebody ends it or the longest time is over; everything is healed on every path."""
        target = cast("Watched", stage.target)
        live = LiveFaults(
            stage.target.surface,
            stage.healing,
            stage.events,
            seed=self._seed,
            allowed=lambda: require_released(self._workspace),
        )
        desk = InjectionDesk(
            live, stage.target.surface, self._check, lambda by: engage(self._workspace, by), self._note
        )
        ground, told = ground_of(list(stage.target.link_reasons())), Told()
        looker = Looker(target, target.surface.processes.matching("*"))
        signals = Signals(LiveWindow(stage.raw, stage.t0_us), told, looker, stage, self._budget)
        stage.events.tell(told.hear)
        steering = importlib.import_module("loadtests.steering")
        try:
            live.start()
            looker.start()
            signals.start()
            steering.tell_rate(stage.raw, self._rate_per_s)
            self.playing, self.phase = Playing(live, desk, signals, ground), "playing"
            with ChannelServer(self._workspace, desk):
                self._wait(stage)
        finally:
            self.phase = "healing"
            try:
                live.finish()
            finally:
                self.injected = live.scheduled(stage.t0_us)
                self.phase = "the last errands end"
                stage.events.tell_nobody()
                signals.stop()
                looker.stop()
                steering.tell_rate(stage.raw, 0.0, over=True)

    def _wait(self, stage: Stage) -> None:
        self.ends_at = time.time() + self._length_s
        while not self._over.wait(POLL_S) and time.time() < self.ends_at:
            if not stage.alive():
                raise HarnessError("the load generator ended while people were playing", hint="see its log")
            at_s = (now_us() - stage.t0_us) / 1e6
            on = ", ".join(item.words for item in self.playing.live.on) if self.playing else ""
            stage.progress(f"playing {max(0.0, at_s):.0f} s{f'  FAULT {on}' if on else ''}")

    def _note(self, request: Request, done: Sequence[Injection]) -> None:
        """Write into the book what was injected and healed, by whomever: a page or a shell."""
        if request.action == "stop":
            self.book.add(EntryKind.STOPPED, request.by, ", ".join(item.words for item in done))
            return
        for item in done:
            if request.action == "inject":
                parameters, on, for_s = dict(request.parameters), request.on, request.for_s
                self.book.add(
                    EntryKind.INJECTED, request.by, item.words, about=item.id, fault=request.fault, on=on,
                    parameters=parameters, for_s=for_s,
                )  # fmt: skip
            else:
                kind = EntryKind.HEALED if request.action == "heal" else EntryKind.RENEWED
                self.book.add(kind, request.by, item.words, about=item.id)
