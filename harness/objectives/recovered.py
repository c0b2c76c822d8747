"""How long until service is good again, and stays so."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.objectives.service import GOOD_SHARE, GOOD_WINDOW_S, back_at_us


def recovered(*, within: float) -> Objective:
    """Promise that `within` seconds of the last heal a sustained good window begins."""
    if within <= 0:
        raise UsageError(f"recovered: {within} is not a positive number of seconds")

    def measure(evidence: Evidence) -> Measurement:
        heal_us = evidence.last_heal_us
        left_s = (evidence.load_end_us - heal_us) / 1e6
        if not evidence.fault_windows() or left_s < GOOD_WINDOW_S:
            return Measurement(None, f"no fault, or only {left_s:.1f} s of load after it", False)
        back_us = back_at_us(evidence, heal_us)
        if back_us is None:
            never = f"not within the {left_s:.1f} s of load after the heal"
            return Measurement(left_s, never, False) if left_s >= within else Measurement(None, never, False)
        value_s = (back_us - heal_us) / 1e6
        return Measurement(value_s, f"{value_s:.2f} s after the heal", value_s <= within)

    return Objective(
        name=f"recovered(within_s={within:g})",
        goal=f"a stretch of {GOOD_WINDOW_S:g} s with {GOOD_SHARE:.0%} good operations begins within {within:g} s "
        "of the last heal",
        measure=measure,
    )
