"""The gateway reads the request and forgets it: nothing was executed, and nobody is told that."""

from faults._simulators import SimulatorFault


def drop_before_execute(gateway: str = "stripe", *, share: float = 0.25, how: str = "close") -> SimulatorFault:
    """Return requests, a seeded `share`, that are read and lost; `how` the connection ends is `close` or `reset`."""
    return SimulatorFault("drop_before_execute", gateway, "drop_before_execute", share, {"how": how})
