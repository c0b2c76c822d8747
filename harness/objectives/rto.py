"""How long clients were without service while the database moved."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.core.recovery import Phase
from harness.objectives.phases import recoveries
from harness.objectives.service import GOOD_SHARE, GOOD_WINDOW_S


def rto(*, within: float) -> Objective:
    """Promise that after each loss of the primary service is back within `within` seconds, as clients see it.

    Counted from the first request that was not served at its first try (or from the fault, where it was on its way) to
    the first answer of a good window that lasts. A run in which no primary was lost measures nothing.
    """
    if within <= 0:
        raise UsageError(f"rto: {within} is not a positive number of seconds")

    def measure(evidence: Evidence) -> Measurement:
        found = recoveries(evidence)
        if not found:
            return Measurement(None, "no primary was lost", False)
        if missing := [item.service for item in found if item.service.seconds is None]:
            return _never(evidence, missing[0], within)
        longest = max(found, key=lambda item: item.service.seconds or 0.0)
        value_s = longest.service.seconds or 0.0
        told = f"{value_s:.2f} s" + (f" ({longest.service.reason})" if longest.service.reason else "")
        return Measurement(
            value_s, told + (f", the longest of {len(found)}" if len(found) > 1 else ""), value_s <= within
        )

    return Objective(
        name=f"rto(within_s={within:g})",
        goal=f"when the primary is lost, a lasting stretch of {GOOD_WINDOW_S:g} s with {GOOD_SHARE:.0%} good first "
        f"tries begins within {within:g} s of the first one that failed",
        measure=measure,
    )


def _never(evidence: Evidence, service: Phase, within: float) -> Measurement:
    """Return a miss where there was load for long enough to see it, else nothing."""
    waited_s = (evidence.load_end_us - evidence.t0_us) / 1e6 - (service.from_s or 0.0)
    missed = service.from_s is not None and waited_s >= within + GOOD_WINDOW_S
    return Measurement(waited_s if missed else None, service.reason, False)
