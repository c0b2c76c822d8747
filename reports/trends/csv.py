"""A trend as CSV: one row for each run and figure, as spreadsheets and DuckDB like it."""

import csv
import io
from collections.abc import Sequence

from harness.comparing.trend import Group

NAME = "csv"
COLUMNS = ("made_at", "group", "run", "verdict", "doubtful", "figure", "unit", "value")


def render(groups: Sequence[Group]) -> str:
    """Return the trend as CSV."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for group in groups:
        for place, point in enumerate(group.points):
            told = (point.made_at, group.name, point.name, point.verdict, "yes" if point.doubts else "no")
            for line in group.lines:
                if (value := line.values[place]) is not None:
                    rows.writerow((*told, line.figure.name, line.figure.unit, repr(value)))
    return out.getvalue()
