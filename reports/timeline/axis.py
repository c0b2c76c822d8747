"""The one time axis that everything on the page shares: buckets of whole seconds from the first arrival."""

from dataclasses import dataclass
from math import ceil, floor

from harness.core.evidence import Evidence
from harness.core.report import Report
from reports.tables import holds

_BUCKETS_MAX = 600
_SECOND_US = 1_000_000

MONEY_KINDS = "kind IN ('create', 'capture', 'void', 'refund')"
"""Reads are answered from memory and would hide how the payments fared; the timeline shows operations of money."""


@dataclass(frozen=True)
class Axis:
    """`buckets` spans of `bucket_s` seconds, the first beginning at `t0_us` microseconds since the epoch."""

    t0_us: int
    bucket_s: int
    buckets: int

    @property
    def seconds(self) -> list[int]:
        """Where each bucket begins, in seconds from the first arrival."""
        return [index * self.bucket_s for index in range(self.buckets)]

    @property
    def end_s(self) -> int:
        """Where the last bucket ends, in seconds from the first arrival."""
        return self.buckets * self.bucket_s

    def bucket_of(self, column: str) -> str:
        """Return SQL for the bucket's number that a column of microseconds falls into."""
        return f"CAST(floor(({column} - {self.t0_us}) / {self.bucket_s * _SECOND_US}.0) AS INTEGER)"

    def at_s(self, at_us: int) -> float:
        """Return seconds from the first arrival, to the millisecond."""
        return round((at_us - self.t0_us) / _SECOND_US, 3)

    def fill(self, found: dict[int, float]) -> list[float]:
        """Return one value a bucket, 0 where nothing was found."""
        return [found.get(index, 0) for index in range(self.buckets)]


def axis(report: Report, evidence: Evidence) -> Axis | None:
    """Return the run's axis, from the first arrival to the last answer of the load; None where no load ever began."""
    t0_us = int(evidence.plan.get("t0_us") or 0)
    if not t0_us:
        return None
    ends_s = [report.load.duration_s, *(fault.to_s for fault in report.faults)]
    if holds(evidence, "history", "kind", "done_us"):
        last_us = evidence.scalar(f"SELECT max(done_us) FROM history WHERE {MONEY_KINDS}")
        # One answer that came very late must not squeeze the minute that matters into a corner.
        ends_s.append(min(((last_us or t0_us) - t0_us) / _SECOND_US, 1.5 * report.load.duration_s + 10))
    bucket_s = max(1, ceil(max(ends_s) / _BUCKETS_MAX))
    return Axis(t0_us, bucket_s, max(1, floor(max(ends_s) / bucket_s) + 1))
