"""I37: one good answer is luck. Service is back when it stays good for a while."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock
from harness.objectives.service import GOOD_SHARE, GOOD_WINDOW_S, back_at_us, errands

RTO_S = 10.0
"""From the last heal to the begin of the good window."""


def _violations(evidence: Evidence) -> Sequence[Violation]:
    heal_us = evidence.last_heal_us
    if not evidence.fault_windows() or evidence.load_end_us < heal_us + int(GOOD_WINDOW_S * 1e6):
        return []
    back_us = back_at_us(evidence, heal_us)
    limit_us = heal_us + int(RTO_S * 1e6)
    if back_us is not None and back_us <= limit_us:
        return []
    if back_us is None and evidence.load_end_us < limit_us + int(GOOD_WINDOW_S * 1e6) and not _hopeless(evidence):
        return []
    table = errands(evidence)
    bad = evidence.rows(
        f"SELECT count(*) AS tried, count(*) FILTER (NOT good) AS bad FROM {table} WHERE due_us >= ?", [heal_us]
    )[0]
    when = f"began only at {clock(evidence, back_us)}" if back_us else "never began"
    return [
        Violation(
            "service",
            f"after the last heal at {clock(evidence, heal_us)} a stretch of {GOOD_WINDOW_S:g} s with {GOOD_SHARE:.0%} "
            f"good operations {when} (limit {clock(evidence, limit_us)}); since the heal {bad['bad']} of "
            f"{bad['tried']} that should have succeeded did not, or not in time",
            size=bad["bad"] or 1,
        )
    ]


def _hopeless(evidence: Evidence) -> bool:
    """Tell whether the load ended before the limit, but most operations failed until its very end."""
    tail_us = evidence.load_end_us - int(GOOD_WINDOW_S * 1e6)
    table = errands(evidence)
    return evidence.count(f"SELECT count(*) FROM {table} WHERE due_us >= ? AND NOT good", [tail_us]) > evidence.count(
        f"SELECT count(*) FROM {table} WHERE due_us >= ? AND good", [tail_us]
    )


def _count(evidence: Evidence) -> int:
    if not evidence.fault_windows():
        return 0
    return evidence.count(f"SELECT count(*) FROM {errands(evidence)} WHERE due_us >= ?", [evidence.last_heal_us])


INVARIANT = Invariant(
    id="I37",
    sentence="Service is back within the recovery time: a sustained good window, not one good answer.",
    kind="liveness",
    needs=("history",),
    witness=Witness("operations that should succeed, after the last heal", 30, _count),
    violations=_violations,
)
