"""The gateway limits the rate: come back later. Nothing was executed, and nothing is remembered."""

from faults._simulators import SimulatorFault


def too_many_requests(gateway: str = "stripe", *, share: float = 0.25) -> SimulatorFault:
    """Return 429s on a seeded `share` of the gateway's requests."""
    return SimulatorFault("too_many_requests", gateway, "429", share)
