"""Two sides that state intervals of their own: capacity reports. Pure.

An interval with its confidence tells a standard error; both sides' errors add up in squares, on the logarithms, and all
figures are corrected together (C. Bonferroni: few figures, and nobody knows how they hang together).
"""

import math
from collections.abc import Mapping

from scipy.stats import norm

from harness.comparing.difference import Difference, outcome_of
from harness.comparing.figures import Figure, capacity_figure
from harness.comparing.series import Side, Stated
from harness.statistics import Interval


def stated_differences(
    first: Side, second: Side, least: Mapping[str, float], confidence: float
) -> tuple[Difference, ...]:
    """Return the difference of each figure that either side states."""
    names = list(dict.fromkeys([*first.stated, *second.stated]))
    pairs = {name: (first.stated.get(name), second.stated.get(name)) for name in names}
    judged = max(1, sum(not _reason(*pair) for pair in pairs.values()))
    limit = float(norm.ppf(1 - (1 - confidence) / 2 / judged))
    return tuple(_difference(capacity_figure(name, least), *pairs[name], limit, confidence) for name in names)


def _reason(first: Stated | None, second: Stated | None) -> str:
    """Return why two figures cannot be compared; '' where they can."""
    for which, item in (("the first", first), ("the second", second)):
        if item is None:
            return f"{which} has none"
        if item.reason:
            return f"{which}: {item.reason}"
    return ""


def _difference(
    figure: Figure, first: Stated | None, second: Stated | None, limit: float, confidence: float
) -> Difference:
    values = (first.value if first else None, second.value if second else None)
    if reason := _reason(first, second):
        return Difference.not_judged(figure, *values, reason)
    assert first is not None
    assert second is not None
    change = math.log(_estimate(second)) - math.log(_estimate(first))
    half = limit * math.hypot(_error(first), _error(second))
    interval = Interval(math.expm1(change), math.expm1(change - half), math.expm1(change + half), confidence)
    return Difference(figure, *values, interval, outcome_of(figure, interval))


def _estimate(item: Stated) -> float:
    assert item.interval is not None
    return item.interval.estimate


def _error(item: Stated) -> float:
    """Return the standard error of a figure's logarithm, from its interval."""
    assert item.interval is not None
    wide = math.log(item.interval.hi) - math.log(item.interval.lo)
    return wide / 2 / float(norm.ppf(0.5 + item.interval.confidence / 2))
