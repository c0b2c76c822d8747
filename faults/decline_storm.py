"""A gateway declines a share of good cards. A decline is an answer: no breaker may open for it."""

from faults._simulators import SimulatorFault


def decline_storm(gateway: str = "stripe", *, share: float = 0.8, retryable: bool = False) -> SimulatorFault:
    """Return declines on a seeded `share` of the gateway's charges; a `retryable` one may be tried elsewhere."""
    parameters = {"code": "processing_error"} if retryable else {}
    return SimulatorFault("decline_storm", gateway, "decline_storm", share, parameters)
