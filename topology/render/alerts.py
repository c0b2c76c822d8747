"""Prometheus' rules: each indicator recorded under its own name, and an alert for each of its two thresholds."""

import json
from functools import singledispatch

from topology.alerts import (
    AlertTable,
    Indicator,
    Measure,
    PercentDown,
    Percentile,
    PercentOtherThan,
    PerMinute,
    Severity,
    WorstPercent,
)

_HEAD = """# Made from system/alerts.toml: python -m topology render. Every indicator is recorded under its own name.
groups:
  - name: runbook
    interval: {interval}
    rules:
"""


def whole(table: AlertTable) -> str:
    """Return the rule file."""
    window = duration(table.window_s)
    parts = [_HEAD.format(interval=duration(table.interval_s))]
    parts += [_record(item, window) for item in table.indicators]
    parts += [_rule(table, item, severity) for item in table.indicators for severity in Severity]
    return "".join(parts)


def duration(seconds: float) -> str:
    """Return seconds as Prometheus writes them: `90s`, `1500ms`."""
    whole_ms = round(seconds * 1000)
    return f"{whole_ms // 1000}s" if whole_ms % 1000 == 0 else f"{whole_ms}ms"


def _record(item: Indicator, window: str) -> str:
    return f"      - record: {item.metric}\n        expr: {json.dumps(expression(item.of, window))}\n"


def _rule(table: AlertTable, item: Indicator, severity: Severity) -> str:
    limit = f"{item.threshold(severity):g}"
    alert = next(alert for alert in table.alerts if alert.name == item.alert)
    summary = f'{alert.about}. {item.about}: {{{{ $value | printf "%.3g" }}}} {item.unit}, {item.worse} {limit}'
    return (
        f"      - alert: {item.alert}\n"
        f"        expr: {json.dumps(f'{item.metric} {item.worse} {limit}')}\n"
        f"        for: {duration(item.for_s)}\n"
        f"        labels: {{severity: {severity}, metric: {item.metric}}}\n"
        f"        annotations:\n"
        f"          summary: {json.dumps(summary)}\n"
        f"          runbook: {json.dumps(alert.guide)}\n"
    )


@singledispatch
def expression(measure: Measure, window: str) -> str:
    """Return what Prometheus computes an indicator by, in its query language."""
    raise TypeError(measure)


@expression.register
def _(measure: PerMinute, window: str) -> str:
    return f"60 * sum(rate({measure.counter}[{window}]))"


@expression.register
def _(measure: PercentOtherThan, window: str) -> str:
    others = f'{measure.counter}{{{measure.label}!="{measure.value}"}}'
    return f"100 * sum(rate({others}[{window}])) / sum(rate({measure.counter}[{window}]))"


@expression.register
def _(measure: WorstPercent, window: str) -> str:
    those = f'{measure.counter}{{{measure.label}="{measure.value}"}}'
    part = f"sum by ({measure.by}) (rate({those}[{window}]))"
    return f"100 * max({part} / sum by ({measure.by}) (rate({measure.counter}[{window}])))"


@expression.register
def _(measure: Percentile, window: str) -> str:
    buckets = f"sum by (le) (rate({measure.histogram}_bucket[{window}]))"
    return f"histogram_quantile({measure.quantile:g}, {buckets})"


@expression.register
def _(measure: PercentDown, window: str) -> str:
    return f"100 * (1 - avg({measure.gauge}))"
