"""The pure part of a breaker: when it opens, and when a probe may be tried. No clock, no I/O."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BreakerView:
    """The shared row as a process last saw it. Times in microseconds since the epoch."""

    gateway: str
    operation_class: str
    state: str
    version: int
    opened_at_us: int
    probe_owner: str
    probe_deadline_us: int
    open_us: int
    """How long an open breaker waits before a probe."""


def probe_is_due(view: BreakerView, now_us: int) -> bool:
    """Whether one caller may try to become the probe: the wait is over, or the last probe outlived its deadline."""
    if view.state == "open":
        return now_us >= view.opened_at_us + view.open_us
    return view.state == "half_open" and now_us >= view.probe_deadline_us


@dataclass(slots=True)
class Window:
    """The last ``count`` answers, none older than ``window_us``; opens on enough failures and a large share of them."""

    window_us: int
    min_failures: int
    failure_share: float
    count: int = 40
    _answers: deque[tuple[int, bool]] = field(default_factory=deque)
    _failures: int = 0

    def observe(self, now_us: int, failed: bool) -> bool:
        """Count one answer; True when the breaker should open now."""
        self._answers.append((now_us, failed))
        self._failures += failed
        while self._answers[0][0] <= now_us - self.window_us or len(self._answers) > self.count:
            self._failures -= self._answers.popleft()[1]
        return self._failures >= self.min_failures and self._failures >= self.failure_share * len(self._answers)

    def clear(self) -> None:
        """Forget everything (after any change of state)."""
        self._answers.clear()
        self._failures = 0
