"""The gateway resets the connection before it has read the request: nothing was executed, and nobody can know."""

from faults._simulators import SimulatorFault


def reset_before_read(gateway: str = "stripe", *, share: float = 0.25) -> SimulatorFault:
    """Return resets on a seeded `share` of the gateway's requests, each before its body is read."""
    return SimulatorFault("reset_before_read", gateway, "reset_before_read", share)
