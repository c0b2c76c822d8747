"""Writes a report in every format there is. Formats live in `reports/formats/`; this module names none of them."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

from harness import catalogue
from harness.core.evidence import Evidence
from harness.core.report import Report


def version() -> str:
    """Return the name and version of this harness, as reports print it."""
    try:
        return f"faultline {installed_version('faultline')}"
    except PackageNotFoundError:
        return "faultline (not installed)"


def render_all(report: Report, evidence: Evidence) -> dict[str, str]:
    """Write every format into the run's folder and return the texts by the format's name."""
    texts = {}
    for module in catalogue.formats():
        texts[module.NAME] = module.render(report, evidence)
        (evidence.folder / module.FILENAME).write_text(texts[module.NAME])
    return texts
