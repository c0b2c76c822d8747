"""A gateway declines a share of good cards. A decline is an answer: no breaker may open for it."""

from faults._simulators import SimulatorFault


def decline_storm(gateway: str = "stripe", *, share: float = 0.8) -> SimulatorFault:
    """Return declines on a seeded `share` of the gateway's charges."""
    return SimulatorFault(name="decline_storm", place=gateway, kind="decline_storm", share=share)
