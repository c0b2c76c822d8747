"""The generator's self-certificate: whether the load was what the plan said, and what everything cost in CPU."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.evidence import Evidence
from harness.core.plain import JsonObject
from reports.tables import holds

_COUNTS = ("planned", "fired", "completed", "ok", "failed", "unknown", "dropped", "in_flight_at_end")
_QUANTILES = ("p50", "p90", "p99", "max")


@dataclass(frozen=True)
class Worker:
    """What one load process says about itself. `lag_ms` by quantile; None for whatever it did not write down."""

    name: str
    counts: Mapping[str, int | None]
    lag_ms: Mapping[str, float | None]
    cpu_share: float | None


@dataclass(frozen=True)
class Process:
    """The CPU that one process of the platform used: mean and peak share of a core."""

    name: str
    cpu_mean: float
    cpu_peak: float


def workers(evidence: Evidence) -> list[Worker]:
    """Return the certificates in `raw/load-<worker>.json`; empty where there are none that can be read."""
    found = []
    for path in sorted(evidence.folder.glob("raw/load-*.json")):
        try:
            written = json.loads(path.read_text())
        except (OSError, ValueError):
            continue  # a worker that was killed may leave half a file; the others still count
        if isinstance(written, dict):
            found.append(_worker(path.stem.removeprefix("load-"), written))
    return found


def _worker(name: str, written: JsonObject) -> Worker:
    lag_us = _lag_us(written)
    lag_ms = {quantile: _thousandth(lag_us.get(quantile)) for quantile in _QUANTILES}
    if lag_ms["p99"] is None:
        lag_ms["p99"] = _number(written.get("lag_p99_ms"))
    counts = {key: int(number) if (number := _number(written.get(key))) is not None else None for key in _COUNTS}
    return Worker(str(written.get("worker", name)), counts, lag_ms, _number(written.get("cpu_share")))


def _lag_us(written: JsonObject) -> JsonObject:
    """The quantiles, under whichever name beginning with `lag` they were written."""
    named = [value for key, value in sorted(written.items()) if key.startswith("lag") and isinstance(value, dict)]
    return next((value for value in named if "p99" in value), written)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _thousandth(value: object) -> float | None:
    number = _number(value)
    return None if number is None else number / 1000


def processes(evidence: Evidence) -> list[Process]:
    """Return each process's CPU from the run's metrics, the busiest first; empty where none were collected."""
    if not holds(evidence, "metrics", "process", "metric", "value"):
        return []
    rows = evidence.rows(
        "SELECT process, avg(value) AS cpu_mean, max(value) AS cpu_peak FROM metrics "
        "WHERE metric = 'cpu_share' GROUP BY process ORDER BY cpu_mean DESC, process"
    )
    return [Process(row["process"], row["cpu_mean"], row["cpu_peak"]) for row in rows]
