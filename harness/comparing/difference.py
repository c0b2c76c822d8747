"""One figure on two sides, and what the interval of its change says."""

from dataclasses import dataclass
from enum import StrEnum

from harness.comparing.figures import Figure
from harness.statistics import Interval


class Outcome(StrEnum):
    """What a figure's interval says. OPEN: neither a difference nor its absence was shown."""

    WORSE = "worse"
    BETTER = "better"
    ALIKE = "alike"
    OPEN = "open"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Difference:
    """One figure on both sides (None: not known), the change from the first to the second, and what that says.

    `change` is in the figure's own measure: 0.1 is a tenth more for a ratio; a difference is in the figure's unit.
    None where it was not judged, with the `reason`.
    """

    figure: Figure
    first: float | None
    second: float | None
    change: Interval | None
    outcome: Outcome
    reason: str = ""

    @property
    def beyond_noise(self) -> bool:
        """Tell whether the interval leaves zero out."""
        return self.change is not None and (self.change.lo > 0 or self.change.hi < 0)

    @classmethod
    def not_judged(cls, figure: Figure, first: float | None, second: float | None, reason: str) -> "Difference":
        """Return a figure that could not be compared, and why."""
        return cls(figure, first, second, None, Outcome.NOT_JUDGED, reason)


def outcome_of(figure: Figure, change: Interval) -> Outcome:
    """Return what an interval says: a change beyond noise and of at least the least effect, or none that large."""
    if (change.lo > 0 or change.hi < 0) and abs(change.estimate) >= figure.least:
        return Outcome.WORSE if (change.estimate > 0) == figure.less_is_better else Outcome.BETTER
    return Outcome.ALIKE if max(-change.lo, change.hi) < figure.least else Outcome.OPEN
