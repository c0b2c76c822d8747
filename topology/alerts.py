"""The runbook's alerts as data: `system/alerts.toml`, what its fields mean, and what does not fit together in it.

Prometheus' rules are rendered from this table, and the harness evaluates the same table during runs.
"""

from collections import Counter
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

from topology.declared import Declared
from topology.load import SYSTEM
from topology.model import TopologyError

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Severity(StrEnum):
    """How bad: somebody should look, or somebody must act."""

    WARNING = "warning"
    CRITICAL = "critical"


class PerMinute(Declared, frozen=True, tag_field="kind", tag="per_minute"):
    """How much a counter grows in a minute, over all processes."""

    counter: str


class PercentOtherThan(Declared, frozen=True, tag_field="kind", tag="percent_other_than"):
    """The share of a counter's growth, over all processes, whose `label` is not `value`."""

    counter: str
    label: str
    value: str


class WorstPercent(Declared, frozen=True, tag_field="kind", tag="worst_percent"):
    """The share of a counter's growth whose `label` is `value`, of that value of the label `by` which has most."""

    counter: str
    label: str
    value: str
    by: str


class Percentile(Declared, frozen=True, tag_field="kind", tag="percentile"):
    """A quantile (0..1) of a histogram's observations, over all processes, in the histogram's unit."""

    histogram: str
    quantile: Annotated[float, msgspec.Meta(gt=0, lt=1)]


class PercentDown(Declared, frozen=True, tag_field="kind", tag="percent_down"):
    """The share of processes whose gauge is 0 and not 1, now."""

    gauge: str


Measure: TypeAlias = PerMinute | PercentOtherThan | WorstPercent | Percentile | PercentDown


class Indicator(Declared, frozen=True):
    """One row of the runbook's table. A value beyond a threshold, and not one at it, is that bad.

    `for_s` is how long it must be so, without interruption, before the `alert` fires.
    """

    metric: str
    about: str
    unit: str
    of: Measure
    worse: Literal["<", ">"]
    warning: float
    critical: float
    for_s: Positive
    alert: str

    def threshold(self, severity: Severity) -> float:
        """Return the value beyond which it is that bad."""
        return self.warning if severity is Severity.WARNING else self.critical

    def breached(self, value: float, severity: Severity) -> bool:
        """Tell whether a value is that bad; no value (NaN) never is."""
        limit = self.threshold(severity)
        return value < limit if self.worse == "<" else value > limit


class Alert(Declared, frozen=True):
    """One alert of the runbook; `guide` is the section of it that says what to do."""

    name: str
    about: str
    guide: str


class AlertTable(Declared, frozen=True):
    """The whole table. `window_s` is what rates are taken over, `interval_s` how often the rules are evaluated."""

    window_s: Positive
    interval_s: Positive
    alerts: tuple[Alert, ...]
    indicators: tuple[Indicator, ...]

    def names(self) -> tuple[str, ...]:
        """Return the alerts' names, in their order."""
        return tuple(alert.name for alert in self.alerts)

    def series(self) -> tuple[str, ...]:
        """Return the names of the series that the table is computed from, as a process shows them."""
        return tuple(dict.fromkeys(_series_of(item.of) for item in self.indicators))

    def scaled(self, scale: float) -> "AlertTable":
        """Return the table with all its times (window, interval, `for`) multiplied; thresholds are as they were."""
        return msgspec.structs.replace(
            self,
            window_s=self.window_s * scale,
            interval_s=self.interval_s * scale,
            indicators=tuple(msgspec.structs.replace(item, for_s=item.for_s * scale) for item in self.indicators),
        )


def _series_of(measure: Measure) -> str:
    if isinstance(measure, Percentile):
        return f"{measure.histogram}_bucket"
    return measure.gauge if isinstance(measure, PercentDown) else measure.counter


@cache
def load_alerts(system: Path = SYSTEM) -> AlertTable:
    """Return the table that a folder has. Raises `TopologyError` with every problem in it."""
    path = system / "alerts.toml"
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=AlertTable)
    except OSError as error:
        raise TopologyError([f"{path}: {error.strerror}"]) from error
    except msgspec.DecodeError as error:
        raise TopologyError([f"{path}: {error}"]) from error
    if problems := [f"{path}: {problem}" for problem in _problems(table)]:
        raise TopologyError(problems)
    return table


def _problems(table: AlertTable) -> list[str]:
    names = table.names()
    found = [f"there is more than one alert {name}" for name, count in Counter(names).items() if count > 1]
    metrics = Counter(item.metric for item in table.indicators)
    found += [f"there is more than one indicator {metric}" for metric, count in metrics.items() if count > 1]
    for item in table.indicators:
        if item.alert not in names:
            found.append(f"{item.metric}: there is no alert {item.alert!r}; there are {', '.join(names)}")
        beyond = item.critical - item.warning
        if (beyond >= 0) if item.worse == "<" else (beyond <= 0):
            found.append(f"{item.metric}: what is critical must be worse than what warns")
    raised = {item.alert for item in table.indicators}
    return found + [f"{name}: no indicator raises it" for name in names if name not in raised]
