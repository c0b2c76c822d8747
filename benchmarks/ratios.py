"""How two builds compare that were measured in turns."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """The ratio of two medians, and the least and the greatest of any two rounds: what chance alone may do."""

    value: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.least:.2f}-{self.greatest:.2f})"


def ratio(now: Sequence[float], before: Sequence[float]) -> Ratio:
    """Return how many times `before` the rounds of `now` are; none of `before` may be zero."""
    each = [one / other for one in now for other in before]
    return Ratio(statistics.median(now) / statistics.median(before), min(each), max(each))
