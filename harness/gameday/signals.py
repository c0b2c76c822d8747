"""The signals of a game day, one snapshot a second, and those of the last minutes for a page that has just opened."""

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence

import msgspec

from harness.gameday.looking import Looker, Told
from harness.gameday.window import KEPT_S, LiveWindow
from harness.run.conducting import Stage
from harness.run.events import now_us
from harness.run.threads import join_begun

EVERY_S = 1.0
LATE_S = 1
"""A second is shown once it is over, and its answers have been written down."""


class Budget(msgspec.Struct, frozen=True):
    """What share of the operations may fail."""

    share: float

    def left(self, ended: int, bad: int) -> float:
        """Return which share of the budget is left; below 0 where more failed than may."""
        return 1.0 if not ended else round(1 - bad / (self.share * ended), 3)


class Snapshot(msgspec.Struct, frozen=True):
    """One second. `at_s` counts from the first arrival; latencies are milliseconds; None is: not known.

    `broken` are the links and simulators on which something is wrong by their own word, `dead` the processes that are
    gone; `unknown` what could not be read at the last look, so that it may be old.
    """

    at_s: int
    offered: int
    achieved: int
    good: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    budget_left: float
    ended: int
    bad: int
    breakers: Mapping[str, str]
    nodes: Mapping[str, Mapping[str, object]]
    lag_bytes: Mapping[str, float]
    queues: Mapping[str, int]
    cpu: Mapping[str, float]
    broken: Sequence[str]
    dead: Sequence[str]
    unknown: Sequence[str]
    until_us: int
    """When that second was over (microseconds since the epoch)."""


Point = tuple[int, int, int, int, float | None, float | None, float | None]
"""What of a snapshot is kept for charts: second, offered, achieved, good, p50, p95, p99."""


class Signals:
    """A thread that makes a snapshot a second and keeps the last of them."""

    def __init__(self, window: LiveWindow, told: Told, looker: Looker, stage: Stage, budget: Budget) -> None:
        self.window = window
        self._told = told
        self.looker = looker
        self._stage = stage
        self._budget = budget
        self._read = 0
        self.latest: Snapshot | None = None
        self.points: deque[Point] = deque(maxlen=KEPT_S)
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._work, name="gameday-signals", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Make no more."""
        self._halt.set()
        join_begun(self._thread, timeout_s=10)

    def _work(self) -> None:
        while not self._halt.wait(EVERY_S - time.time() % EVERY_S):
            self.step(now_us())

    def step(self, at_us: int) -> None:
        """Make the snapshot of the last second that is over."""
        self._metrics()
        self.window.look(at_us)
        at_s = (at_us - self._stage.t0_us) // 1_000_000 - LATE_S
        if at_s < 0 or (self.points and at_s <= self.points[-1][0]):
            return
        for second in range(self.points[-1][0] + 1 if self.points else at_s, at_s + 1):
            rates = self.window.rates(second)
            self.points.append(
                (second, rates.offered, rates.achieved, rates.good, rates.p50_ms, rates.p95_ms, rates.p99_ms)
            )
        self.latest = self._snapshot(self.points[-1])

    def _metrics(self) -> None:
        samples = self._stage.samples
        until = len(samples)
        for _, process, metric, value in samples[self._read : until]:
            self._told.take(process, metric, value)
        self._read = until

    def _snapshot(self, point: Point) -> Snapshot:
        seen, told, window = self.looker.seen, self._told, self.window
        return Snapshot(
            *point,
            budget_left=self._budget.left(window.ended, window.bad),
            ended=window.ended,
            bad=window.bad,
            breakers=dict(told.breakers),
            nodes=dict(told.nodes),
            lag_bytes=dict(told.lag_bytes),
            queues=seen.queues,
            cpu=dict(told.cpu),
            broken=list(seen.broken),
            dead=list(seen.dead),
            unknown=list(seen.unknown),
            until_us=self._stage.t0_us + (point[0] + 1) * 1_000_000,
        )
