"""I37: one good answer is luck. Service is back when it stays good for a while."""

import re
from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock
from harness.objectives.service import GOOD_SHARE, GOOD_WINDOW_S, comeback, errands

RTO_S = 10.0
"""From the last heal to the begin of the good window, where the scenario promises no recovery time of its own."""
_PROMISED = re.compile(r"recovered\(within_s=([\d.]+)\)")


def limit_s(evidence: Evidence) -> float:
    """Return the recovery time in seconds: the scenario's own promise, else `RTO_S`."""
    promised = [_PROMISED.fullmatch(str(name)) for name in evidence.plan.get("should_meet", ())]
    return min((float(found[1]) for found in promised if found), default=RTO_S)


def _violations(evidence: Evidence) -> Sequence[Violation]:
    limit = limit_s(evidence)
    found = comeback(evidence, limit)
    if found.back is not False:
        return []
    heal_us = evidence.last_heal_us
    bad = evidence.rows(
        f"SELECT count(*) AS tried, count(*) FILTER (NOT good) AS bad FROM {errands(evidence)} WHERE due_us >= ?",
        [heal_us],
    )[0]
    return [
        Violation(
            "service",
            f"a stretch of {GOOD_WINDOW_S:g} s with {GOOD_SHARE:.0%} good operations that lasts began, after the last "
            f"heal at {clock(evidence, heal_us)}: {found.why} (limit {limit:g} s); since the heal {bad['bad']} of "
            f"{bad['tried']} that should have succeeded did not, or not in time",
            size=bad["bad"] or 1,
            timed=True,
        )
    ]


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
    whole=True,
)
