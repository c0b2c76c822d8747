"""Alerts between inactive, pending and firing: what Prometheus does with a rule and its `for`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.alerting.measures import value_of
from harness.alerting.series import Series
from topology.alerts import AlertTable, Indicator, Severity


class State(StrEnum):
    """How an alert stands: nothing to tell, bad but not for long enough yet, or told."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


@dataclass(frozen=True)
class Change:
    """One alert of one indicator and severity came to another state. `value` is the indicator's, None for none."""

    alert: str
    metric: str
    severity: Severity
    state: State
    value: float | None


@dataclass
class _Rule:
    indicator: Indicator
    severity: Severity
    state: State = State.INACTIVE
    since_ms: int = field(default=0)

    def step(self, value: float | None, at_ms: int) -> bool:
        """Take a value in; tell whether the state changed."""
        before = self.state
        if value is None or not self.indicator.breached(value, self.severity):
            self.state = State.INACTIVE
        elif before is State.INACTIVE:
            self.state, self.since_ms = State.PENDING, at_ms
        if self.state is State.PENDING and at_ms - self.since_ms >= round(self.indicator.for_s * 1000):
            self.state = State.FIRING
        return self.state is not before

    def change(self, value: float | None) -> Change:
        shown = None if value is None or math.isnan(value) else value
        return Change(self.indicator.alert, self.indicator.metric, self.severity, self.state, shown)


class Rules:
    """Every rule of a table, evaluated again and again over the same series."""

    def __init__(self, table: AlertTable, series: Series) -> None:
        self._table = table
        self._series = series
        self._rules = [_Rule(item, severity) for item in table.indicators for severity in Severity]

    def states(self) -> list[Change]:
        """Return how every rule stands."""
        return [rule.change(None) for rule in self._rules]

    def evaluate(self, at_ms: int) -> tuple[Mapping[str, float | None], list[Change]]:
        """Return each indicator's value at that moment, and which alerts changed their state by it."""
        window_ms = round(self._table.window_s * 1000)
        values = {item.metric: value_of(item.of, self._series, at_ms, window_ms) for item in self._table.indicators}
        changed = [rule for rule in self._rules if rule.step(values[rule.indicator.metric], at_ms)]
        return values, [rule.change(values[rule.indicator.metric]) for rule in changed]
