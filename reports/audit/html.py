"""`audit.html`: the auditor's page, to be read and printed with no network."""

from collections.abc import Sequence

from harness.bundle.actions import Action
from harness.core.evidence import Evidence
from harness.core.report import Report
from reports import wording
from reports.audit import _facts
from reports.page import SCRIPTS_FOLDER, environment, read

FILENAME = "audit.html"
_STYLES = ("base.css", "parts.css", "print.css")


def render(report: Report, _: Evidence, done: Sequence[Action]) -> str:
    """Return the page."""
    shown, left = _facts.shown(done)
    return (
        environment()
        .get_template("audit.html.j2")
        .render(
            report=report,
            objectives=_facts.objectives(report),
            gaps=_facts.gaps(report),
            held=[item.id for item in wording.sort(report.invariants).held],
            actions=shown,
            left=left,
            signers=_facts.SIGNERS,
            styles=read(*(SCRIPTS_FOLDER / name for name in _STYLES)),
        )
    )
