"""`capacity.md`: for a pull request. The number first, the matrix, the probes folded away."""

from collections.abc import Iterator

from harness.capacity.report import CapacityReport
from reports.capacity import wording


def render(report: CapacityReport) -> str:
    """Return the report as Markdown."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: CapacityReport) -> Iterator[str]:
    healthy = report.healthy
    yield f"### {report.verdict}: {wording.answer(healthy.answer)} within {report.slo}"
    yield from ("", wording.sentence(report))
    if report.peak_per_s is not None:
        yield from ("", wording.headroom(report))
    if report.reasons:
        yield ""
        yield from (f"- {_cell(reason)}" for reason in report.reasons)
    yield from ("", f"**What stops it:** {wording.stops(healthy)}. {healthy.binding.why}")
    yield from ("", f"**To buy:** {healthy.binding.advice}.")
    if healthy.aftermath is not None:
        yield from ("", f"**After too much:** {wording.aftermath(healthy.aftermath)}")
    yield from ("", "| under | limit | of healthy | binds | money |", "|---|---|---|---|---|")
    for case in report.cases:
        cells = (case.title, wording.answer(case.answer), wording.ratio(case), wording.stops(case), wording.money(case))
        yield f"| {' | '.join(_cell(item) for item in cells)} |"
    if report.scaling is not None:
        yield from ("", wording.scaling(report.scaling))
    yield from ("", "<details><summary>The search, with nothing broken</summary>", "")
    yield "| offered | for | says | good | p50 | p99 | why |"
    yield "|---|---|---|---|---|---|---|"
    for row in healthy.rows:
        steps = (
            wording.rate(row.rate_per_s), f"{row.seconds:.0f} s", row.word, wording.rate(row.good_per_s),
            f"{row.p50_ms:.0f} ms", f"{row.p99_ms:.0f} ms", row.why,
        )  # fmt: skip
        yield f"| {' | '.join(_cell(item) for item in steps)} |"
    yield from ("", "</details>", "", f"`{report.repeat}`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
