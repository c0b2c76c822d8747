"""Evaluates the runbook's alerts while the load runs: scrapes the platform's own processes, as Prometheus would.

The table's times are scaled by one factor, so that minutes of the runbook fit into seconds of a run. Every scrape and
every change of an alert's state is evidence: what was not scraped cannot be said to have been quiet.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.parquet as pq

from harness.alerting import Change, Rules, Series
from harness.alerting.scraping import scrape
from harness.core.column_types import schema
from harness.core.errors import ControlError, UsageError
from harness.core.plain import Row
from harness.core.tables import ALERTS, SCRAPES
from harness.core.target import Target
from harness.run.database_watch import Sample
from harness.run.events import now_us
from harness.run.threads import join_begun
from topology.alerts import AlertTable, load_alerts

SCALE_VARIABLE = "FAULTLINE_ALERT_TIME_SCALE"
SCALE = 0.05
"""One minute of the runbook is three seconds of a run."""
SCRAPE_TIMEOUT_S = 2.0
RULES = "rules"
"""Stands for the evaluation itself among those that were asked."""
ALERTS_PROCESS = "alerts"


@runtime_checkable
class ShowsMetrics(Protocol):
    """A target whose processes show figures that the table of alerts is computed from."""

    def metrics_urls(self) -> Mapping[str, str]:
        """Return where each process shows its figures, by its name, past every faulted link."""


def time_scale() -> float:
    """Return what the table's times are multiplied by. Raises `UsageError` for a setting that is no such factor."""
    text = os.environ.get(SCALE_VARIABLE, "")
    try:
        scale = float(text or SCALE)
    except ValueError:
        scale = 0.0
    if not 0.005 <= scale <= 1:
        raise UsageError(f"{SCALE_VARIABLE}: {text!r} is no factor", hint="give one from 0.005 to 1, such as 0.05")
    return scale


def scaled_table() -> AlertTable:
    """Return the table of alerts with the times that hold in runs."""
    return load_alerts().scaled(time_scale())


def in_force(target: Target) -> Mapping[str, Mapping[str, str]]:
    """Return the times in force, as a group of the run's settings; nothing for a target without figures."""
    if not isinstance(target, ShowsMetrics):
        return {}
    table = scaled_table()
    times = {
        "alert_time_scale": f"{time_scale():g}",
        "alert_window_s": f"{table.window_s:g}",
        "alert_interval_s": f"{table.interval_s:g}",
        "alert_for_s": f"{max(item.for_s for item in table.indicators):g}",
    }
    return {"alerts": times}


class AlertWatch:
    """A thread for each process that is scraped, so that one that hangs hides nothing of others; one that evaluates."""

    def __init__(self, target: Target, sample: Sample, *, t0_us: int, until_us: int) -> None:
        """Rules are evaluated from `t0_us` to `until_us` (microseconds since the epoch): there is no load outside."""
        self._table = scaled_table()
        self._urls = dict(target.metrics_urls()) if isinstance(target, ShowsMetrics) else {}
        self._sample = sample
        self._span_us = (t0_us, until_us)
        self._series = Series()
        self._rules = Rules(self._table, self._series)
        self._lock = threading.Lock()
        self._alerts: list[Row] = []
        self._scrapes: list[Row] = []
        self._begun = False
        self._halt = threading.Event()
        self._threads = [
            *(self._thread(f"scrape-{name}", partial(self._scrape, name, url)) for name, url in self._urls.items()),
            self._thread("alerts", self._evaluate_under_load),
        ]

    def start(self) -> None:
        """Begin, where there is anything to scrape."""
        self._begun = bool(self._urls)
        for thread in self._threads if self._begun else ():
            thread.start()

    def stop(self, folder: Path) -> None:
        """Stop, and write `alerts.parquet` and `scrapes.parquet` to `folder`; neither where it never began."""
        self._halt.set()
        for thread in self._threads:
            join_begun(thread, timeout_s=SCRAPE_TIMEOUT_S + 5)
        if self._begun:
            with self._lock:
                for name, rows, columns in (("alerts", self._alerts, ALERTS), ("scrapes", self._scrapes, SCRAPES)):
                    pq.write_table(pa.Table.from_pylist(rows, schema=schema(columns)), folder / f"{name}.parquet")

    def _thread(self, name: str, act: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=self._every_interval, args=(act,), name=name, daemon=True)

    def _every_interval(self, act: Callable[[], None]) -> None:
        """Act once in each of the table's intervals until it is stopped; what was missed is not made up for."""
        due = time.monotonic()
        while not self._halt.wait(max(0.0, due - time.monotonic())):
            due = max(due, time.monotonic() - self._table.interval_s) + self._table.interval_s
            act()

    def _scrape(self, name: str, url: str) -> None:
        asked_us = now_us()
        try:
            samples, trouble = scrape(url, self._table.series(), SCRAPE_TIMEOUT_S), ""
        except ControlError as error:
            samples, trouble = [], str(error)
        with self._lock:
            self._series.scraped(name, asked_us // 1000, samples)
            self._note_asked(name, asked_us, trouble)

    def _evaluate_under_load(self) -> None:
        at_us = now_us()
        if self._span_us[0] <= at_us <= self._span_us[1]:
            with self._lock:
                self._evaluate(at_us)

    def _evaluate(self, at_us: int) -> None:
        if not self._alerts:
            self._alerts += [_row(at_us, item) for item in self._rules.states()]
        values, changes = self._rules.evaluate(at_us // 1000)
        self._alerts += [_row(at_us, item) for item in changes]
        self._note_asked(RULES, at_us, "")
        self._series.forget((at_us - int(2e6 * self._table.window_s)) // 1000)
        for metric, value in values.items():
            if value is not None and not math.isnan(value):
                self._sample(at_us, ALERTS_PROCESS, metric, value)

    def _note_asked(self, name: str, asked_us: int, trouble: str) -> None:
        row: Row = {
            "process": name,
            "asked_us": asked_us,
            "answered_us": now_us(),
            "ok": not trouble,
            "trouble": trouble,
        }
        self._scrapes.append(row)


def _row(at_us: int, change: Change) -> Row:
    return {
        "at_us": at_us,
        "alert": change.alert,
        "metric": change.metric,
        "severity": str(change.severity),
        "state": str(change.state),
        "value": change.value,
    }
