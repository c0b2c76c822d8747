"""An estimate with its interval."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """An estimate, and the span that holds the truth with `confidence` (0..1): `lo` <= `estimate` <= `hi`."""

    estimate: float
    lo: float
    hi: float
    confidence: float

    @property
    def relative_width(self) -> float:
        """How wide the interval is, as a share of its estimate; infinite where that is zero."""
        return (self.hi - self.lo) / abs(self.estimate) if self.estimate else float("inf")

    def overlaps(self, other: "Interval") -> bool:
        """Tell whether both intervals have a value in common."""
        return self.lo <= other.hi and other.lo <= self.hi
