"""How a comparison is told."""

import math

from harness.comparing import Broken, Comparison, Difference, Figure, Outcome

SAYS = {
    Outcome.WORSE: "WORSE",
    Outcome.BETTER: "better",
    Outcome.ALIKE: "alike",
    Outcome.OPEN: "not told apart",
    Outcome.NOT_JUDGED: "not judged",
}
HEADINGS = ("figure", "first", "second", "change", "interval", "least", "says")


def value(figure: Figure, number: float | None) -> str:
    """Return a figure's value with its unit; a dash where it is not known."""
    if number is None:
        return "–"
    if figure.unit == "share":
        return f"{number:.2%}"
    return f"{number:.{1 if figure.unit == 'ms' else 2}f} {figure.unit}".replace(" /s", "/s")


def change(figure: Figure, number: float) -> str:
    """Return a change as it is counted: per cent, points of a share, or seconds."""
    if not math.isfinite(number):
        return "any"
    if figure.change == "ratio":
        return f"{number:+.1%}" if number < 10 else f"x {1 + number:.3g}"
    return f"{100 * number:+.2f} points" if figure.unit == "share" else f"{number:+.2f} {figure.unit}"


def least(figure: Figure) -> str:
    """Return the least effect without a sign."""
    return change(figure, figure.least).removeprefix("+")


def says(item: Difference) -> str:
    """Return what a figure's interval says, with the reason where it says nothing."""
    return SAYS[item.outcome] + (f": {item.reason}" if item.reason else "")


def row(item: Difference) -> tuple[str, ...]:
    """Return a figure's line, cell by cell, under `HEADINGS`."""
    figure = item.figure
    told = ("–", "–") if item.change is None else (
        change(figure, item.change.estimate), f"{change(figure, item.change.lo)} .. {change(figure, item.change.hi)}"
    )  # fmt: skip
    return (
        figure.name, value(figure, item.first), value(figure, item.second), *told, least(figure), says(item)
    )  # fmt: skip


def verdict(comparison: Comparison) -> str:
    """Return in one sentence what differs."""
    judged = [item for item in comparison.differences if item.change is not None]
    if not judged:
        return "Nothing could be judged."
    if not comparison.changed:
        alike = all(item.outcome is Outcome.ALIKE for item in judged)
        return "Nothing differs." if alike else "No difference was shown. What is not told apart may still differ."
    return "; ".join(f"{item.figure.name} is {SAYS[item.outcome]}" for item in comparison.changed) + "."


def footing(comparison: Comparison) -> str:
    """Return what the intervals rest on, in a sentence or two."""
    least = "a change is called one from its least effect on."
    together = f"All intervals hold together with {comparison.confidence:.0%} confidence"
    if not comparison.draws:
        return f"{together} (from the reports' own intervals, corrected for their number); {least}"
    told = f"{together} ({comparison.draws:,} draws in blocks of time, widened to what long batches show); {least}"
    if min(len(side.runs) for side in (comparison.first, comparison.second)) > 1:
        return told
    return f"{told} A side of one run shows nothing of what differs from run to run: a folder with several does."


def held(item: Broken) -> str:
    """Return what became of a limit."""
    sign = {True: "BROKEN", False: "kept", None: "NOT KNOWN"}[item.broken]
    return f"{sign}  {item.limit.text}: {item.reason}"
