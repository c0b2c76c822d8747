"""`rate`, `histogram_quantile` and sums as Prometheus 2.42 computes them (its documentation of query functions).

A rate is extrapolated to the window's ends, where the samples come near them, and never below zero. The series of one
counter are added up by the labels that are asked for.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

from harness.alerting.series import Labels, Points, Series

NEAR = 1.1
"""A sample is near an end of the window within so many times the usual distance of samples."""


def rate(points: Points, at_ms: int, window_ms: int) -> float | None:
    """Return a counter's growth per second over the window that ends at `at_ms`; None for fewer than two samples.

    A value that is smaller than the one before means that the counter began anew.
    """
    if len(points) < 2:
        return None
    (first_ms, first), (last_ms, last) = points[0], points[-1]
    grown = last - first + sum(before for (_, before), (_, value) in pairwise(points) if value < before)
    sampled_s = (last_ms - first_ms) / 1000
    usual_s = sampled_s / (len(points) - 1)
    start_s, end_s = (first_ms - (at_ms - window_ms)) / 1000, (at_ms - last_ms) / 1000
    if grown > 0 and first >= 0:
        start_s = min(start_s, sampled_s * (first / grown))
    reach_s = sampled_s + sum(gap_s if gap_s < NEAR * usual_s else usual_s / 2 for gap_s in (start_s, end_s))
    return grown * (reach_s / sampled_s) / (window_ms / 1000)


def summed_rates(
    series: Series,
    name: str,
    at_ms: int,
    window_ms: int,
    *,
    by: str = "",
    only: Callable[[Mapping[str, str]], bool] = lambda _labels: True,
) -> dict[str, float]:
    """Return the rates of a counter's series that `only` takes, added up by the label `by` ('': all together)."""
    sums: dict[str, float] = {}
    for labels, points in sorted(series.over(name, at_ms, window_ms).items(), key=_order):
        told = dict(labels)
        found = rate(points, at_ms, window_ms) if only(told) else None
        if found is not None:
            group = told.get(by, "")
            sums[group] = sums.get(group, 0.0) + found
    return sums


def _order(item: tuple[Labels, Points]) -> list[tuple[str, str]]:
    return sorted(item[0])


def divided(part: float, whole: float) -> float:
    """Return part / whole; NaN for nothing out of nothing, infinity for something out of nothing."""
    if whole:
        return part / whole
    return math.nan if not part or math.isnan(part) else math.copysign(math.inf, part)


def histogram_quantile(quantile: float, buckets: Mapping[float, float]) -> float:
    """Return a quantile (0..1) of counts by upper bound, each with all below it; NaN where nothing was counted.

    Within a bucket observations are taken to be spread evenly; what is in the last one, which has no upper bound, is
    said to be at the bound before it.
    """
    bounds = sorted(buckets)
    if len(bounds) < 2 or not math.isinf(bounds[-1]):
        return math.nan
    counts = _rising([buckets[bound] for bound in bounds])
    if not counts[-1]:
        return math.nan
    rank = quantile * counts[-1]
    place = next((index for index, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if place == len(counts) - 1:
        return bounds[-2]
    if place == 0 and bounds[0] <= 0:
        return bounds[0]
    below, start = (counts[place - 1], bounds[place - 1]) if place else (0.0, 0.0)
    return start + (bounds[place] - start) * ((rank - below) / (counts[place] - below))


def _rising(counts: list[float]) -> list[float]:
    """Return counts that never fall: those of a scrape may have been taken while observations came in."""
    highest, found = 0.0, []
    for count in counts:
        highest = max(highest, count)
        found.append(highest)
    return found
