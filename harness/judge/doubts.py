"""Reasons not to believe a run. Each doubt is one sentence; any of them makes the run INCONCLUSIVE."""

from collections.abc import Iterator, Sequence

from harness.core.evidence import Evidence
from harness.core.report import FaultResult, LoadResult
from harness.objectives.certificate import load_certificate

LAG_P99_MS_MAX = 50.0
"""A generator later than this measures itself."""
DROPPED_SHARE_MAX = 0.01
SUCCESS_SHARE_BEFORE = 0.3
"""Operations that succeed before the fault, as a share of the arrivals planned until then."""
EXPECTED_BEFORE_MIN = 5
"""With fewer arrivals planned before the fault no rate can be demanded."""


def doubts(evidence: Evidence, load: LoadResult, faults: Sequence[FaultResult]) -> list[str]:
    """Return every reason to doubt this run, as sentences."""
    return [
        *_load(evidence, load),
        *_before(evidence),
        *_faults(evidence, faults),
        *_phases(evidence),
        *_bug(evidence),
    ]


def _load(evidence: Evidence, load: LoadResult) -> Iterator[str]:
    minimum = int(evidence.plan["load"].get("minimum_ok", 1))
    if load.ok < minimum:
        yield f"too little succeeded to mean anything: {load.ok} operations, at least {minimum} needed"
    if load.lag_p99_ms > LAG_P99_MS_MAX:
        yield f"the load generator fell behind: p99 lag {load.lag_p99_ms:.1f} ms, at most {LAG_P99_MS_MAX:g} ms allowed"
    certificate = load_certificate(evidence)
    if certificate is None:
        yield "the load generator left no account of itself (raw/load-*.json)"
        return
    if certificate.planned and certificate.dropped > DROPPED_SHARE_MAX * certificate.planned:
        yield (
            f"the load generator dropped {certificate.dropped} of {certificate.planned} arrivals, "
            f"at most {DROPPED_SHARE_MAX:.0%} allowed"
        )
    if certificate.unaccounted:
        yield f"{certificate.unaccounted} of {certificate.planned} planned arrivals are unaccounted for"
    wanted = int(evidence.plan["load"].get("workers", 1))
    if certificate.workers < wanted:
        yield f"only {certificate.workers} of {wanted} load workers left an account of themselves"


def _before(evidence: Evidence) -> Iterator[str]:
    """A fault on a platform that was not working proves nothing."""
    if not evidence.fault_windows() or not evidence.has("history"):
        return
    until_s = (evidence.first_fault_us - evidence.t0_us) / 1e6
    expected = until_s * float(evidence.plan["load"]["rate_per_s"])
    needed = int(SUCCESS_SHARE_BEFORE * expected)
    seen = evidence.count(
        "SELECT count(DISTINCT op) FROM history WHERE outcome = 'OK' AND done_us < ?", [evidence.first_fault_us]
    )
    if expected >= EXPECTED_BEFORE_MIN and seen < needed:
        yield f"before the first fault only {seen} operations succeeded in {until_s:.1f} s, at least {needed} needed"


def _faults(evidence: Evidence, faults: Sequence[FaultResult]) -> Iterator[str]:
    for fault in faults:
        if fault.hits <= 0:
            yield f"fault {fault.name} at {fault.place} hit nothing between {fault.from_s:g} s and {fault.to_s:g} s"
    planned = len(evidence.plan.get("faults", []))
    if len(evidence.fault_windows()) < planned:
        yield f"of {planned} planned faults only {len(evidence.fault_windows())} were injected and healed"


def _phases(evidence: Evidence) -> Iterator[str]:
    if not evidence.has("history"):
        yield "the clients' history is missing"
    settled = evidence.events_of("settled")
    if not settled:
        yield "the run never settled"
    elif left := {kind: count for kind, count in dict(settled[-1].detail.get("backlog") or {}).items() if count}:
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(left.items()))
        yield f"settling timed out after {float(settled[-1].detail.get('seconds', 0)):.0f} s with {told} left"
    reads = evidence.events_of("final_reads")
    if not reads or not reads[-1].detail.get("finished", False):
        yield "the final reads did not finish, so unknown outcomes were not resolved"


def _bug(evidence: Evidence) -> Iterator[str]:
    bug = evidence.plan.get("bug")
    reached = bug_reached(evidence)
    if bug and not reached:
        yield f"planted bug {bug} was never reached" if reached == 0 else f"nobody knows whether bug {bug} was reached"


def bug_reached(evidence: Evidence) -> int | None:
    """Return how often the planted bug's code ran; None without a bug, or where nobody knows."""
    told = evidence.events_of("bug")
    value = told[-1].detail.get("reached") if told else None
    return int(value) if value is not None and evidence.plan.get("bug") else None
