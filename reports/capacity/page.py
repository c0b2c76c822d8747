"""`capacity.html`: one page that needs nothing else.

Its first screen is for a planner: the number, its interval, what stops it, what to buy.
"""

from collections.abc import Mapping
from typing import Any

from harness.capacity.report import CapacityReport, CaseResult, Kind, RateRow
from reports.capacity import wording
from reports.page import charted, environment

_STYLES = ("base.css", "parts.css", "print.css", "capacity.css")
_SCRIPTS = ("colours.js", "capacity.js")


def render(report: CapacityReport) -> str:
    """Return the whole page."""
    return (
        environment()
        .get_template("capacity.html.j2")
        .render(
            report=report,
            wording=wording,
            kinds=Kind,
            data_points=any(row.operations for row in report.healthy.rows),
            **charted(_data(report), _STYLES, _SCRIPTS),
        )
    )


def _data(report: CapacityReport) -> Mapping[str, Any]:
    """Return what the charts draw."""
    return {
        "rates": _by_rate(report.healthy),
        "path": [_step(row) for row in report.healthy.rows],
        "limit": [report.healthy.answer.lo_per_s, report.healthy.answer.estimate_per_s, report.healthy.answer.hi_per_s],
        "cases": [
            {
                "title": case.title,
                "lo": case.answer.lo_per_s,
                "hi": case.answer.hi_per_s,
                "at": case.answer.estimate_per_s,
            }
            for case in report.cases
        ],
        "peak": report.peak_per_s,
        "scaling": _law(report),
    }


def _by_rate(case: CaseResult) -> Mapping[str, list[float]]:
    kept = sorted(
        (row for row in case.rows if row.word != "refused" and row.operations), key=lambda row: row.rate_per_s
    )
    names = (
        "rate_per_s",
        "offered_per_s",
        "achieved_per_s",
        "good_per_s",
        "p50_ms",
        "p99_ms",
        "p99_lo_ms",
        "p99_hi_ms",
    )
    return {name: [round(getattr(row, name), 3) for row in kept] for name in names}


def _step(row: RateRow) -> Mapping[str, Any]:
    return {"at": row.begun_s, "for": row.seconds, "rate": row.rate_per_s, "word": row.word, "purpose": row.purpose}


def _law(report: CapacityReport) -> Mapping[str, Any] | None:
    told = report.scaling
    if told is None or not told.points:
        return None
    last = max(item.replicas for item in told.points)
    counts = list(range(1, last + 1 if told.refused else 2 * last + 1))
    return {
        "points": [[item.replicas, item.limit.lo, item.limit.estimate, item.limit.hi] for item in told.points],
        "counts": counts,
        "law": [told.predict(count) for count in counts],
    }
