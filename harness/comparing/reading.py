"""Takes a run's series from its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.comparing.figures import Part
from harness.comparing.series import Floats, Series
from harness.core.evidence import Evidence
from harness.objectives.latency import NEVER_ANSWERED_US
from harness.objectives.phases import recoveries
from harness.objectives.service import GOOD_WINDOW_S, comeback, errands

STEP_S = 0.25
STEPS_MAX = 400
"""Steps are longer in runs that last longer than this many of the shortest."""
BINS_PER_E = 100
"""Bins of latency for each factor e: one percent wide each."""
_LEAST_US = 10
BEFORE, DURING, AFTER = 0, 1, 2


@dataclass(frozen=True)
class Windows:
    """When faults were on, in microseconds from the first arrival; empty in a run without."""

    spans: tuple[tuple[int, int], ...] = ()

    def stratum(self, at_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each moment whether it is before the first fault, during any, or after (or between) them."""
        found = np.full(len(at_us), AFTER if self.spans else BEFORE, dtype=np.int64)
        if self.spans:
            found[at_us < min(begin for begin, _ in self.spans)] = BEFORE
        for begin, end in self.spans:
            found[(at_us >= begin) & (at_us < end)] = DURING
        return found


def windows_of(evidence: Evidence) -> Windows:
    """Return when the run's faults were really on."""
    return Windows(
        tuple((begin - evidence.t0_us, end - evidence.t0_us) for _, _, begin, end in evidence.fault_windows())
    )


def series_of(evidence: Evidence, part: Part = "whole", windows: Windows | None = None) -> Series:
    """Return the series of a run, or of a part of it; the parts follow `windows` where given, else its own faults.

    Latency is from when a request was due to its answer, as in the promise `latency`; availability and good operations
    are counted by errands, as in the promise `availability`.
    """
    load_us = int(float(evidence.plan["load"]["duration_s"]) * 1e6)
    step_us = max(int(STEP_S * 1e6), -(-load_us // STEPS_MAX))
    steps = max(1, load_us // step_us)
    moments = np.arange(steps, dtype=np.int64) * step_us
    stratum = (windows or windows_of(evidence)).stratum(moments + step_us // 2)
    bins_ms, counts = _latencies(evidence, step_us, steps)
    tried, ok, good = _operations(evidence, step_us, steps)
    once_each, missed = _once_each(evidence) if part == "whole" else ({}, {})
    kept = _kept(stratum, part)
    return Series(
        step_us / 1e6, stratum[kept], bins_ms, counts[kept], tried[kept], ok[kept], good[kept], once_each, missed
    )


def _kept(stratum: NDArray[np.int64], part: Part) -> NDArray[np.bool_]:
    if part == "whole":
        return np.ones(len(stratum), dtype=np.bool_)
    return np.asarray(stratum == {"before": BEFORE, "during": DURING, "after": AFTER}[part])


def _latencies(evidence: Evidence, step_us: int, steps: int) -> tuple[Floats, Floats]:
    rows = evidence.rows(
        f"""
        SELECT (due_us - ?) // {step_us} AS step,
            CAST(round(ln(greatest(coalesce(done_us - due_us, {NEVER_ANSWERED_US}), {_LEAST_US})) * {BINS_PER_E})
                AS INTEGER) AS bin, count(*) AS requests
        FROM history WHERE expect <> 'any' AND kind <> 'final_read' AND due_us >= ? GROUP BY ALL
        """,
        [evidence.t0_us, evidence.t0_us],
    )
    inside = [row for row in rows if row["step"] < steps]
    bins = np.unique(np.array([row["bin"] for row in inside], dtype=np.int64))
    counts = np.zeros((steps, len(bins)))
    places = np.searchsorted(bins, [row["bin"] for row in inside])
    for row, place in zip(inside, places, strict=True):
        counts[row["step"], place] = row["requests"]
    return np.exp(bins / BINS_PER_E) / 1e3, counts


def _operations(evidence: Evidence, step_us: int, steps: int) -> tuple[Floats, Floats, Floats]:
    rows = evidence.rows(
        f"""
        SELECT (due_us - ?) // {step_us} AS step, count(*) AS tried, count(*) FILTER (ok) AS ok,
            count(*) FILTER (good) AS good
        FROM {errands(evidence)} WHERE due_us >= ? GROUP BY step
        """,
        [evidence.t0_us, evidence.t0_us],
    )
    found = np.zeros((3, steps))
    for row in rows:
        if row["step"] < steps:
            found[:, row["step"]] = row["tried"], row["ok"], row["good"]
    return found[0], found[1], found[2]


def _once_each(evidence: Evidence) -> tuple[Mapping[str, tuple[float, ...]], Mapping[str, int]]:
    """Return recoveries and outages that ended, and how many did not."""
    outages = [item.service.seconds for item in recoveries(evidence)]
    back = _comebacks(evidence)
    found = {"recovery": back, "outage": outages}
    return (
        {name: tuple(value for value in values if value is not None) for name, values in found.items()},
        {name: sum(value is None for value in values) for name, values in found.items()},
    )


def _comebacks(evidence: Evidence) -> Sequence[float | None]:
    if not evidence.fault_windows() or (evidence.load_end_us - evidence.last_heal_us) / 1e6 < GOOD_WINDOW_S:
        return []
    return [comeback(evidence, float("inf")).back_s]
