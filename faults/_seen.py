"""Proof that a fault saw itself: numbers in its `fault_seen` events while it was on."""

from harness.core.evidence import Evidence
from harness.core.fault import Bite


def seen(evidence: Evidence, fault: str, field: str, bite: Bite) -> list[int]:
    """Return the numbers in that field of the fault's events, oldest first."""
    return [
        int(event.detail[field])
        for event in evidence.events_of("fault_seen")
        if event.detail.get("fault") == fault and field in event.detail and bite.from_us <= event.at_us <= bite.to_us
    ]
