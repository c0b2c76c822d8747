"""An indicator's value at a moment, from what was scraped; None where Prometheus would return nothing at all."""

import math
from collections.abc import Mapping
from functools import singledispatch

from harness.alerting.functions import divided, histogram_quantile, summed_rates
from harness.alerting.series import Series
from topology.alerts import Measure, PercentDown, Percentile, PercentOtherThan, PerMinute, WorstPercent


@singledispatch
def value_of(measure: Measure, series: Series, at_ms: int, window_ms: int) -> float | None:
    """Return the value at `at_ms`, with rates over the window before it, in the unit of its row. May be NaN."""
    raise TypeError(measure)


@value_of.register
def _(measure: PerMinute, series: Series, at_ms: int, window_ms: int) -> float | None:
    found = summed_rates(series, measure.counter, at_ms, window_ms)
    return 60 * found[""] if found else None


@value_of.register
def _(measure: PercentOtherThan, series: Series, at_ms: int, window_ms: int) -> float | None:
    def other(labels: Mapping[str, str]) -> bool:
        return labels.get(measure.label, "") != measure.value

    part = summed_rates(series, measure.counter, at_ms, window_ms, only=other)
    whole = summed_rates(series, measure.counter, at_ms, window_ms)
    return divided(100 * part[""], whole[""]) if part and whole else None


@value_of.register
def _(measure: WorstPercent, series: Series, at_ms: int, window_ms: int) -> float | None:
    def those(labels: Mapping[str, str]) -> bool:
        return labels.get(measure.label, "") == measure.value

    part = summed_rates(series, measure.counter, at_ms, window_ms, by=measure.by, only=those)
    whole = summed_rates(series, measure.counter, at_ms, window_ms, by=measure.by)
    shares = [divided(part[group], whole[group]) for group in part if group in whole]
    if not shares:
        return None
    return 100 * max((share for share in shares if not math.isnan(share)), default=math.nan)


@value_of.register
def _(measure: Percentile, series: Series, at_ms: int, window_ms: int) -> float | None:
    found = summed_rates(series, f"{measure.histogram}_bucket", at_ms, window_ms, by="le")
    if not found:
        return None
    return histogram_quantile(measure.quantile, {float(bound): count for bound, count in found.items()})


@value_of.register
def _(measure: PercentDown, series: Series, at_ms: int, window_ms: int) -> float | None:
    found = series.at(measure.gauge, at_ms)
    return 100 * (1 - sum(found.values()) / len(found)) if found else None
