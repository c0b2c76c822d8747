"""A trend as plain text: for each figure a line of bars, oldest first, with its first, least, greatest, last value."""

from collections.abc import Iterator, Sequence

from harness.comparing.trend import Group, Line
from reports.comparisons._words import value

NAME = "text"
BARS = "▁▂▃▄▅▆▇█"
MISSING = "·"
_HEADINGS = ("figure", "over time", "first", "least", "greatest", "last")


def render(groups: Sequence[Group]) -> str:
    """Return the trend as text."""
    return "\n".join(line for group in groups for line in _group(group)) + "\n"


def bars(values: Sequence[float | None]) -> str:
    """Return one bar for each value, from the least to the greatest; a dot where there is none."""
    known = [item for item in values if item is not None]
    least, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    return "".join(
        MISSING if item is None else BARS[int((item - least) / span * (len(BARS) - 1))] if span else BARS[3]
        for item in values
    )


def _group(group: Group) -> Iterator[str]:
    first, last = group.points[0], group.points[-1]
    count = f"{len(group.points)} runs" if len(group.points) > 1 else "1 run"
    yield f"{group.name}: {count}, {first.made_at} to {last.made_at}"
    rows = [_HEADINGS, *(_row(line) for line in group.lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    verdicts = [point.verdict for point in group.points]
    told = ", ".join(f"{verdicts.count(each)} {each}" for each in dict.fromkeys(verdicts))
    doubtful = sum(bool(point.doubts) for point in group.points)
    doubt = f"; in {doubtful} of them times prove nothing (a starved machine or a late load)" if doubtful else ""
    yield f"  verdicts: {told}{doubt}"
    yield ""


def _row(line: Line) -> tuple[str, ...]:
    known = [item for item in line.values if item is not None]
    ends = (line.values[0], min(known), max(known), line.values[-1])
    return (line.figure.name, bars(line.values), *(value(line.figure, item) for item in ends))
