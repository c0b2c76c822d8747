"""A series of runs under way: what is recorded, and what the person at the terminal hears of it."""

import time
from collections.abc import Callable

from harness.score.outcome import CONCLUSIVE, Outcome, Record
from harness.score.revision import revision


class Series:
    """Records outcomes and tells of each as it comes, with the time that is left."""

    def __init__(
        self, record: Record, total: int, say: Callable[[str], None], worded: Callable[[Outcome], str] | None = None
    ) -> None:
        """Expect `total` runs; `worded` says what one came to, where `line` is not the right word."""
        self._record = record
        self._total = total
        self._say = say
        self._worded = worded or line
        self._number = 0
        self._began = time.monotonic()

    def told(self, outcome: Outcome) -> None:
        """Record an outcome and tell of it. One whose code was changed while it ran belongs to no revision."""
        self._number += 1
        if outcome.verdict in CONCLUSIVE and revision() != outcome.revision:
            self._say(f"{self._place()} not recorded, the code was changed meanwhile: {outcome.case.key}")
            return
        self._record.add(outcome)
        self._say(f"{self._place()} {self._worded(outcome)}")

    def _place(self) -> str:
        left_s = (time.monotonic() - self._began) / self._number * max(0, self._total - self._number)
        return f"[{self._number}/{self._total}, {_hours(left_s)} left]"


def line(outcome: Outcome) -> str:
    """Return one line, and the reasons where the outcome is not what it should be."""
    mark = "ok " if outcome.as_it_should_be else "BAD"
    found = f" named {', '.join(outcome.violated)}" if outcome.violated else ""
    reasons = () if outcome.as_it_should_be else outcome.reasons
    told = f"{mark} {outcome.verdict:13} {outcome.seconds:5.1f} s  {outcome.case.key}{found}"
    return "\n".join([told, *(f"      {reason}" for reason in reasons)])


def _hours(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
