"""A run as a series of short steps: what its figures are computed from, and drawn again from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.statistics import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One run's load in steps of `step_s` seconds.

    `stratum` has a number for each step; steps of one stratum (before, during or after the faults) are alike and are
    drawn again for one another. `counts[step, bin]` is how many requests took `bins_ms[bin]` milliseconds; `tried`,
    `ok` and `good` count the operations that should succeed. `once_each` has what is one value for each event
    (`recovery`, `outage`), in seconds; `missed` how many of those never ended within the load.
    """

    step_s: float
    stratum: NDArray[np.int64]
    bins_ms: Floats
    counts: Floats
    tried: Floats
    ok: Floats
    good: Floats
    once_each: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.tried)

    @property
    def requests(self) -> int:
        """How many requests have a latency."""
        return int(self.counts.sum())


@dataclass(frozen=True)
class Stated:
    """A figure that comes with an interval of its own; without one, and with the `reason`, where it has none."""

    value: float | None
    interval: Interval | None
    reason: str = ""


@dataclass(frozen=True)
class Side:
    """What stands on one side of a comparison: one run, or several of the same scenario.

    `facts` says what ran (scenario, target, rate, ...); those that differ between two sides are told with the figures.
    `doubts` are reasons not to believe figures in time. `stated` has figures with intervals of their own, in the
    place of runs.
    """

    name: str
    runs: tuple[Series, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    stated: Mapping[str, Stated] = field(default_factory=dict)
