"""How long the platform chews on what piled up."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.objectives.backlog import drained as drained_at
from harness.objectives.moves import moves


def drained(*, within: float) -> Objective:
    """Promise that `within` seconds of the last recovery no more is in flight than before the first fault.

    The recovery is the moment at which the database takes writes again, where a primary was lost; else the last heal.
    """
    if within <= 0:
        raise UsageError(f"drained: {within} is not a positive number of seconds")

    def measure(evidence: Evidence) -> Measurement:
        lost = moves(evidence)
        if not lost and not evidence.fault_windows():
            return Measurement(None, "no fault, so nothing had to drain", False)
        from_us = lost[-1].writable_us if lost else evidence.last_heal_us
        if from_us is None:
            return Measurement(float("inf"), "the database never took writes again", False)
        found = drained_at(evidence, min(evidence.first_fault_us, from_us), from_us)
        facts = f"at most {found.peak} in flight, usually {found.usual}"
        if found.at_us is None:
            known = found.usual > 0
            return Measurement(
                float("inf") if known else None, f"{found.reason}; {facts}" if known else found.reason, False
            )
        value_s = (found.at_us - from_us) / 1e6
        return Measurement(value_s, f"{value_s:.2f} s; {facts}", value_s <= within)

    return Objective(
        name=f"drained(within_s={within:g})",
        goal=f"no more is in flight than usual within {within:g} s of the recovery",
        measure=measure,
    )
