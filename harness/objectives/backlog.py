"""What was still in flight while the run went on, and when it was no more than usual again."""

from dataclasses import dataclass

from harness.core.evidence import Evidence

USUAL_MINIMUM = 5
"""So much in flight at one moment is never a backlog, however quiet it was before."""

_TOTALS = """
    SELECT at_us, CAST(sum(value) AS BIGINT) AS total FROM metrics
    WHERE process = 'platform' AND metric LIKE 'backlog_%' GROUP BY at_us
"""


@dataclass(frozen=True)
class Drained:
    """When the backlog was back at `usual` (the most that was in flight before), and its `peak` until then.

    `at_us` is None where it never was, or where nobody looked; `reason` says which.
    """

    at_us: int | None
    usual: int
    peak: int
    reason: str = ""


def drained(evidence: Evidence, began_us: int, from_us: int) -> Drained:
    """Return when, after `from_us`, no more was in flight than before `began_us`."""
    if not evidence.has("metrics"):
        return Drained(None, 0, 0, "nobody looked at the backlog")
    samples = [(row["at_us"], row["total"]) for row in evidence.rows(f"{_TOTALS} ORDER BY at_us")]
    if not samples:
        return Drained(None, 0, 0, "nobody looked at the backlog")
    usual = max([USUAL_MINIMUM, *(total for at_us, total in samples if at_us < began_us)])
    after = [(at_us, total) for at_us, total in samples if at_us >= from_us]
    peak = max((total for at_us, total in samples if at_us >= began_us), default=0)
    for at_us, total in after:
        if total <= usual:
            return Drained(at_us, usual, peak)
    for event in evidence.events_of("settled")[-1:]:
        if event.detail.get("drained"):
            return Drained(event.at_us, usual, peak)
    return Drained(None, usual, peak, f"more than the usual {usual} stayed in flight")
