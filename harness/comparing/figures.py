"""What two runs are compared by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.core.errors import UsageError

Part = Literal["whole", "before", "during", "after"]
PARTS: tuple[Part, ...] = ("whole", "before", "during", "after")


@dataclass(frozen=True)
class Figure:
    """One figure of a run.

    `change` says how two of them are compared: as a `ratio` (0.10: a tenth more) or as a `difference` in the figure's
    own unit. `least` is the least change that is called one, in that measure: smaller ones are of no concern,
    whatever their interval. `in_time` figures prove nothing where the machine was starved or the load not punctual.
    """

    name: str
    what: str
    unit: Literal["ms", "share", "/s", "s"]
    less_is_better: bool
    change: Literal["ratio", "difference"]
    least: float
    in_time: bool = True


def _latency(percent: int) -> Figure:
    return Figure(f"p{percent}", f"latency, {percent}th percentile", "ms", True, "ratio", 0.10)


FIGURES: tuple[Figure, ...] = (
    _latency(50),
    _latency(95),
    _latency(99),
    Figure("availability", "share of operations that should succeed and do", "share", False, "difference", 0.01),
    Figure("good", "operations done well within 3 s, per second", "/s", False, "ratio", 0.05),
    Figure("recovery", "from the last heal to good service", "s", True, "difference", 0.5),
    Figure("outage", "clients without service after a lost primary", "s", True, "difference", 0.5),
)
"""In the order in which they are told. `recovery` and `outage` are one value for each run or failover; all others are
computed over the operations of the load."""

LATENCIES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
ONCE_EACH = ("recovery", "outage")


CAPACITY = "capacity"
"""The figure of capacity reports; under a fault it is `capacity:<case>`."""
LEAST_CAPACITY = 0.05


def capacity_figure(name: str, least: Mapping[str, float] | None = None) -> Figure:
    """Return the figure of a capacity report's case; least effects by figure, those of `capacity` for all cases."""
    given = least or {}
    smallest = given.get(name, given.get(CAPACITY, LEAST_CAPACITY))
    return Figure(name, "arrivals per second within the SLO", "/s", False, "ratio", smallest)


def named(name: str) -> Figure:
    """Return the figure of that name. Raises `UsageError` with the valid ones."""
    if name.partition(":")[0] == CAPACITY:
        return capacity_figure(name)
    for figure in FIGURES:
        if figure.name == name:
            return figure
    valid = ", ".join([*(figure.name for figure in FIGURES), CAPACITY, f"{CAPACITY}:<case>"])
    raise UsageError(f"{name!r} is not a figure", hint=f"valid: {valid}")
