"""`capacity.html`: one page that needs nothing else.

Its first screen is for a planner: the number, its interval, what stops it, what to buy.
"""

from collections.abc import Mapping

import msgspec

from harness.capacity.report import CapacityReport, CaseResult, Kind
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


class _Case(msgspec.Struct, frozen=True):
    title: str
    lo: float | None
    hi: float | None
    at: float | None


class _Step(msgspec.Struct, frozen=True, rename={"seconds": "for"}):
    """One probe: when, for how long, at which rate, what it said and what it was for."""

    at: float
    seconds: float
    rate: float
    word: str
    purpose: str


class _Law(msgspec.Struct, frozen=True):
    """The limit of each count of replicas (with its interval), and the curve through them."""

    points: list[list[float]]
    counts: list[int]
    law: list[float | None]


class _Charts(msgspec.Struct, frozen=True):
    """What the charts draw."""

    rates: Mapping[str, list[float]]
    path: list[_Step]
    limit: list[float | None]
    cases: list[_Case]
    peak: float | None
    scaling: _Law | None


def _data(report: CapacityReport) -> _Charts:
    answer = report.healthy.answer
    answers = [(case.title, case.answer) for case in report.cases]
    return _Charts(
        rates=_by_rate(report.healthy),
        path=[_Step(row.begun_s, row.seconds, row.rate_per_s, row.word, row.purpose) for row in report.healthy.rows],
        limit=[answer.lo_per_s, answer.estimate_per_s, answer.hi_per_s],
        cases=[_Case(title, each.lo_per_s, each.hi_per_s, each.estimate_per_s) for title, each in answers],
        peak=report.peak_per_s,
        scaling=_law(report),
    )


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


def _law(report: CapacityReport) -> _Law | None:
    told = report.scaling
    if told is None or not told.points:
        return None
    last = max(item.replicas for item in told.points)
    counts = list(range(1, last + 1 if told.refused else 2 * last + 1))
    points = [[item.replicas, item.limit.lo, item.limit.estimate, item.limit.hi] for item in told.points]
    return _Law(points, counts, [told.predict(count) for count in counts])
