"""How long until service is good again, and stays so."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.objectives.service import GOOD_SHARE, GOOD_WINDOW_S, comeback


def recovered(*, within: float) -> Objective:
    """Promise that `within` seconds of the last heal a sustained good window begins, and that service stays good."""
    if within <= 0:
        raise UsageError(f"recovered: {within} is not a positive number of seconds")

    def measure(evidence: Evidence) -> Measurement:
        found = comeback(evidence, within)
        if found.back is None:
            return Measurement(None, found.why, False)
        return Measurement(found.left_s if found.back_s is None else found.back_s, found.why, found.back)

    return Objective(
        name=f"recovered(within_s={within:g})",
        goal=f"a stretch of {GOOD_WINDOW_S:g} s with {GOOD_SHARE:.0%} good operations begins within {within:g} s "
        "of the last heal, and service stays good until the end",
        measure=measure,
    )
