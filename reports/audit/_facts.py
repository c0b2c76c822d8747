"""What both pages say, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.bundle.actions import Action
from harness.core.report import Report
from harness.core.verdicts import Verdict
from reports import wording

SIGNERS = ("Led the exercise", "Owns the service", "Reviewed for audit")
"""Who signs. Name, date and signature are left for them."""
MOST_ACTIONS = 400
"""The page shows so many; `actions.jsonl` has all."""


@dataclass(frozen=True)
class Row:
    """One objective: what was promised beside what was measured."""

    goal: str
    measured: str
    verdict: Verdict


def objectives(report: Report) -> list[Row]:
    """Return the promises with numbers."""
    return [Row(item.goal, item.measured, item.verdict) for item in report.objectives]


def gaps(report: Report) -> list[str]:
    """Return what this exercise did not show, or showed to be wrong; empty where there is nothing to say."""
    found = [*report.reasons]
    if report.not_judged:
        found.append(wording.unjudged(report))
    untested = wording.sort(report.invariants).untested
    if untested:
        found.append(f"Not demanded and not tested enough to say: {', '.join(item.id for item in untested)}")
    if report.bug:
        found.append(wording.banner(report))
    return found


def shown(done: Sequence[Action]) -> tuple[Sequence[Action], int]:
    """Return the actions for the page, and how many are left to the list: people's first, then the audit's."""
    chosen = [item for item in done if item.source == "events"]
    others = [item for item in done if item.source != "events"]
    kept = sorted([*chosen, *others][:MOST_ACTIONS], key=lambda item: item.at_us)
    return kept, len(done) - len(kept)
