"""`capacity.txt`: what the command line prints. 100 columns, the number first."""

import textwrap
from collections.abc import Iterator

from harness.capacity.report import CapacityReport, CaseResult
from reports.capacity import wording

WIDTH = 100


def render(report: CapacityReport) -> str:
    """Return the report as plain text. The last line is the command that makes it again."""
    lines = [
        f"{report.verdict}  {wording.answer(report.healthy.answer)} within {report.slo}",
        _wrap(wording.sentence(report), "  "),
        f"  workload {report.workload}, {report.target} target, seed {report.seed}",
        *([f"  {wording.headroom(report)}"] if report.peak_per_s is not None else []),
        *_reasons(report),
        "",
        "What stops it",
        _wrap(f"{wording.stops(report.healthy)}: {report.healthy.binding.why}", "  "),
        _wrap(f"to buy: {report.healthy.binding.advice}", "  "),
        *_aftermath(report.healthy),
        "",
        *_matrix(report),
        *(["", "Replicas", _wrap(wording.scaling(report.scaling), "  ")] if report.scaling else []),
        "",
        "The search, with nothing broken",
        *_path(report.healthy),
        "",
        f"{sum(case.load_s for case in report.cases):.0f} s of load in {report.wall_s:.0f} s",
        "To do it again:",
        report.repeat,
    ]
    return "\n".join(lines) + "\n"


def _wrap(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False)


def _reasons(report: CapacityReport) -> Iterator[str]:
    if report.reasons:
        yield from ("", "Why")
        yield from (_wrap(f"- {reason}", "  ") for reason in report.reasons)


def _aftermath(case: CaseResult) -> Iterator[str]:
    if case.aftermath is not None:
        yield from ("", "After too much", _wrap(wording.aftermath(case.aftermath), "  "))


def _matrix(report: CapacityReport) -> Iterator[str]:
    yield "Under                                     limit                      of healthy  binds, money"
    for case in report.cases:
        told = f"{wording.stops(case)}; money {wording.money(case)}"
        yield f"  {case.title:38}  {wording.answer(case.answer):25}  {wording.ratio(case):>10}  {told}"


def _path(case: CaseResult) -> Iterator[str]:
    yield "   offered   for  says      good/s      p50        p99   in flight  rate x latency   why"
    for row in case.rows:
        purpose = "" if row.purpose == "search" else f"{row.purpose}: "
        yield (
            f"  {row.rate_per_s:8.1f} {row.seconds:3.0f} s  {row.word:8} {row.good_per_s:7.1f} {row.p50_ms:6.0f} ms "
            f"{row.p99_ms:7.0f} ms {row.in_flight:11.1f} {row.little:15.1f}   {purpose}{row.why}"
        )
