"""How long something had to wait while the platform itself was whole: what its own broken parts cost is not counted."""

from harness.core.evidence import Evidence

RECOVERY_US = 10_000_000
"""How long after a fault of the platform's own parts it may still be behind."""


def unsettled(evidence: Evidence) -> bool:
    """Tell whether the run was still busy when nobody waited any longer: what is undone may only have come too late."""
    settled = [event.detail for event in evidence.events_of("settled")][-1:]
    return any(any(dict(told.get("backlog") or {}).values()) or told.get("reason") for told in settled)


def troubles(evidence: Evidence) -> list[tuple[int, int]]:
    """Return (from_us, to_us) of the spans in which a part of the platform, or its way to merchants, was broken.

    Gateways and endpoints that misbehave are no excuse: they are what is being borne.
    """
    gateways = evidence.gateways
    outside, ways = {*gateways, "sink"}, tuple(f"-to-{gateway}" for gateway in gateways)
    return [
        (begin, end + RECOVERY_US)
        for _, place, begin, end in evidence.fault_windows()
        if place not in outside and not place.endswith(ways)
    ]


def waited_us(evidence: Evidence, from_us: int, to_us: int) -> int:
    """Return how much of a span lay outside those troubles."""
    at_us = from_us
    waited = 0
    for begin, end in sorted(troubles(evidence)):
        waited += max(0, min(begin, to_us) - at_us)
        at_us = min(max(at_us, end), to_us)
    return waited + max(0, to_us - at_us)
