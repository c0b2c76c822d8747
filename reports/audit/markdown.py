"""`audit.md`: the auditor's page as Markdown."""

from collections.abc import Iterator, Sequence

from harness.bundle.actions import Action
from harness.core.evidence import Evidence
from harness.core.report import Report
from reports import wording
from reports.audit import _facts

FILENAME = "audit.md"


def render(report: Report, _: Evidence, done: Sequence[Action]) -> str:
    """Return the page."""
    return "\n".join(_lines(report, done)) + "\n"


def _lines(report: Report, done: Sequence[Action]) -> Iterator[str]:
    yield from (f"# {_plain(report.title)}: {wording.verdict(report)}", "", f"> {_plain(report.claim)}", "")
    yield f"Run `{report.run_id}` on the target `{report.target}`, begun {report.started_at}, judged"
    yield from (f"{report.judged_at} by {report.judged_by}.", "", "## Objectives", "")
    yield from _table(
        ("promised", "measured", "verdict"),
        [(row.goal, row.measured, str(row.verdict)) for row in _facts.objectives(report)],
    )
    groups = wording.sort(report.invariants)
    yield from ("", f"Invariants that held: {', '.join(item.id for item in groups.held) or 'none'}.", "", "## Gaps", "")
    yield from [f"- {_plain(gap)}" for gap in _facts.gaps(report)] or ["None was found."]
    yield from ("", "## Who did what when", "")
    shown, left = _facts.shown(done)
    yield from _table(
        ("when (UTC)", "who", "what", "outcome"), [(item.at, item.who, item.what, item.outcome) for item in shown]
    )
    yield from (
        "",
        f"{wording.count(left, 'more action')} in `actions.jsonl`." if left else "",
        "## What was in force",
        "",
    )
    yield from _table(
        ("group", "setting", "value"),
        [(group, name, value) for group, values in report.settings.items() for name, value in values.items()],
    )
    yield from ("", "## Signatures", "")
    yield from _table(("role", "name", "date", "signature"), [(who, "", "", "") for who in _facts.SIGNERS])
    yield from ("", "Seal of the bundle (as `faultline evidence pack` printed it): ______________________________")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _plain(text: str) -> str:
    flat = " ".join(text.split())
    for sign in "\\`*_|<>":
        flat = flat.replace(sign, f"\\{sign}")
    return flat
