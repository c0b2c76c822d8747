"""The load generator's own account: `raw/load-<worker>.json`, one for each worker, added up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.core.evidence import Evidence
from harness.objectives.workers import clock_faults, lost_sentence, lost_workers

LAG_P99_MS_MAX = 50.0
"""A generator later than this measures itself."""
DROPPED_SHARE_MAX = 0.01


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
    found: list[Mapping[str, Any]] = []
    for path in sorted((evidence.folder / "raw").glob("load-*.json")):
        try:
            found.append(json.loads(path.read_text()))
        except (OSError, ValueError):
            return None
    if not found:
        return None

    def total(name: str) -> int:
        return sum(int(item.get(name) or 0) for item in found)

    return Certificate(
        workers=len(found),
        planned=total("planned"),
        fired=total("fired"),
        completed=total("completed"),
        dropped=total("dropped"),
        in_flight_at_end=total("in_flight_at_end"),
        lag_p99_ms=max(float(item.get("lag_p99_ms") or 0.0) for item in found),
        cpu_share_max=max(float(item.get("cpu_share") or 0.0) for item in found),
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
