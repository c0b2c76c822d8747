"""A capacity report in every form: text, Markdown, one HTML page, CSV and Parquet. All of it draws, nothing decides."""

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.capacity.report import CapacityReport
from reports.capacity import markdown, page, tables, text

FORMS: Mapping[str, Callable[[CapacityReport], str]] = {
    "capacity.txt": text.render,
    "capacity.md": markdown.render,
    "capacity.html": page.render,
    "capacity.csv": tables.csv_text,
}


def write_all(report: CapacityReport, folder: Path) -> None:
    """Write all forms into a folder."""
    for name, render in FORMS.items():
        (folder / name).write_text(render(report))
    tables.write_parquet(report, folder / "capacity.parquet")
