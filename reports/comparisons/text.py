"""A comparison as plain text, 110 columns at most for all that is no name."""

from collections.abc import Iterator, Sequence

from harness.comparing import Broken, Comparison
from reports.comparisons import _words as words

NAME = "text"


def render(comparison: Comparison, limits: Sequence[Broken]) -> str:
    """Return the comparison as text."""
    return "\n".join(_lines(comparison, limits)) + "\n"


def _lines(comparison: Comparison, limits: Sequence[Broken]) -> Iterator[str]:
    first, second = comparison.first, comparison.second
    yield words.verdict(comparison)
    for name, side in (("first ", first), ("second", second)):
        runs = f" ({len(side.runs)} runs)" if len(side.runs) > 1 else ""
        yield f"  {name} {side.name}{runs}"
    if comparison.part != "whole":
        yield f"  only the part {comparison.part} the faults"
    for name, (one, other) in comparison.unlike.items():
        yield f"  not the same: {name}: {one or 'none'} / {other or 'none'}"
    for doubt in comparison.doubts:
        yield f"  doubt: {doubt}"
    yield ""
    rows = [words.HEADINGS, *(words.row(item) for item in comparison.differences)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(words.HEADINGS) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[-1]]).rstrip()
    yield ""
    yield words.footing(comparison)
    for limit in limits:
        yield words.held(limit)
