"""Nobody is let in: the gateway resets connections as soon as they are made, and older ones at their next request."""

from faults._simulators import SimulatorFault


def refuse(gateway: str = "stripe", *, share: float = 1.0) -> SimulatorFault:
    """Return resets on a seeded `share` of the gateway's connections and requests; nothing is read or executed."""
    return SimulatorFault("refuse", gateway, "refuse", share)
