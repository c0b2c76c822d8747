"""A trend as one page that opens offline: a chart for each figure of each group, and the same numbers as a table."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from harness.comparing.trend import Group
from reports.comparisons._words import value
from reports.page import charted, environment

NAME = "html"
_STYLES = ("base.css", "parts.css", "trend.css")
_SCRIPTS = ("colours.js", "trend.js")


def render(groups: Sequence[Group]) -> str:
    """Return the page."""
    data = [_data(group) for group in groups]
    return (
        environment()
        .get_template("trend.html.j2")
        .render(
            groups=groups,
            value=value,
            **charted(data, _STYLES, _SCRIPTS),
        )
    )


class _Line(msgspec.Struct, frozen=True):
    unit: str
    values: list[float | None]


class _Data(msgspec.Struct, frozen=True):
    """A group's charts: when each run was made, and a line for each figure."""

    at: list[float]
    lines: list[_Line]


def _data(group: Group) -> _Data:
    return _Data(
        at=[_epoch_s(point.made_at, place) for place, point in enumerate(group.points)],
        lines=[_Line(line.figure.unit, list(line.values)) for line in group.lines],
    )


def _epoch_s(made_at: str, place: int) -> float:
    """Return a moment in seconds since the epoch; a run that does not tell stands at its place in the order."""
    try:
        return datetime.fromisoformat(made_at).timestamp()
    except ValueError:
        return float(place)
