"""`report.html`: one self-contained page. It opens offline, and everything on it comes from the run's own folder."""

from harness.core.evidence import Evidence
from harness.core.report import Report
from reports.page import page

NAME = "html"
FILENAME = "report.html"


def render(report: Report, evidence: Evidence) -> str:
    """Return the page."""
    return page(report, evidence)
