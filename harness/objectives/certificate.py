"""The load generator's own account: `raw/load-<worker>.json`, one for each worker, added up."""

from dataclasses import dataclass

import msgspec

from harness.core.evidence import Evidence
from harness.objectives.workers import clock_faults, lost_sentence, lost_workers

LAG_P99_MS_MAX = 50.0
"""A generator later than this measures itself."""
DROPPED_SHARE_MAX = 0.01


class _Account(msgspec.Struct):
    """One worker's own account."""

    planned: int | None = None
    fired: int | None = None
    completed: int | None = None
    dropped: int | None = None
    in_flight_at_end: int | None = None
    lag_p99_ms: float | None = None
    cpu_share: float | None = None


@dataclass(frozen=True)
class Certificate:
    """What all load workers together planned and did, in arrivals (`lag_p99_ms`: the worst worker's)."""

    workers: int
    planned: int
    fired: int
    completed: int
    dropped: int
    in_flight_at_end: int
    lag_p99_ms: float
    cpu_share_max: float

    @property
    def unaccounted(self) -> int:
        """Planned arrivals that were neither completed, nor dropped, nor in flight at the end."""
        return self.planned - self.completed - self.dropped - self.in_flight_at_end


def load_certificate(evidence: Evidence) -> Certificate | None:
    """Return the sum of the workers' accounts; None where a run has none, or one that cannot be read."""
    found: list[_Account] = []
    for path in sorted((evidence.folder / "raw").glob("load-*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=_Account))
        except (OSError, ValueError):
            return None
    if not found:
        return None

    return Certificate(
        workers=len(found),
        planned=sum(item.planned or 0 for item in found),
        fired=sum(item.fired or 0 for item in found),
        completed=sum(item.completed or 0 for item in found),
        dropped=sum(item.dropped or 0 for item in found),
        in_flight_at_end=sum(item.in_flight_at_end or 0 for item in found),
        lag_p99_ms=max(item.lag_p99_ms or 0.0 for item in found),
        cpu_share_max=max(item.cpu_share or 0.0 for item in found),
    )


def generator_faults(evidence: Evidence) -> list[str]:
    """Return what was wrong with the load itself, as sentences. Where anything was, times prove nothing."""
    certificate = load_certificate(evidence)
    found = [lost_sentence(item) for item in lost_workers(evidence)] + clock_faults(evidence)
    if certificate is None:
        return [*found, "the load generator left no account of itself (raw/load-*.json)"]
    if certificate.lag_p99_ms > LAG_P99_MS_MAX:
        found.append(
            f"the load generator fell behind: p99 lag {certificate.lag_p99_ms:.1f} ms, "
            f"at most {LAG_P99_MS_MAX:g} ms allowed"
        )
    if certificate.planned and certificate.dropped > DROPPED_SHARE_MAX * certificate.planned:
        found.append(
            f"the load generator dropped {certificate.dropped} of {certificate.planned} arrivals, "
            f"at most {DROPPED_SHARE_MAX:.0%} allowed"
        )
    if certificate.unaccounted:
        found.append(f"{certificate.unaccounted} of {certificate.planned} planned arrivals are unaccounted for")
    return found
