"""The sentences about crash points: who died where, and what became of the payments in its hands."""

from harness.core.crashes import Crash
from reports import wording

NEVER = "NEVER REACHED"


def cells(item: Crash) -> tuple[str, str, str, str, str, str]:
    """Return point, process, when it was reached, after how long it was back, payments in flight, and their fate."""
    if item.reached_s is None:
        return (item.point, "–", NEVER, "–", "–", "–")
    back = "not seen" if item.back_after_s is None else wording.seconds(item.back_after_s)
    return (item.point, item.process, wording.seconds(item.reached_s), back, f"{item.in_flight:,}", fate(item))


def fate(item: Crash) -> str:
    """Return `5 captured, 1 never made`, or `–` where nothing was in flight."""
    return ", ".join(f"{number:,} {status}" for status, number in item.became.items()) or "–"


def line(item: Crash) -> str:
    """Return the row as one line of text."""
    if item.reached_s is None:
        return f"{item.point}: {NEVER}"
    point, process, reached, back, in_flight, became = cells(item)
    return f"{point}: {process} at {reached}, back after {back}; {in_flight} in flight: {became}"
