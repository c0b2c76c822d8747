"""The gateway says that the key is being worked on, although nobody works on it."""

from faults._simulators import SimulatorFault


def in_use(gateway: str = "stripe", *, share: float = 0.25, at: str = "before") -> SimulatorFault:
    """Return 409s on a seeded `share` of the gateway's requests, `before` anything is executed or `after` it was."""
    return SimulatorFault("in_use", gateway, "409_in_use", share, {"at": at})
