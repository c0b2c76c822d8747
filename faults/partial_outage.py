"""The gateway is down for one merchant, and well for all others."""

from faults._simulators import SimulatorFault


def partial_outage(gateway: str = "stripe", *, merchants: str = "m_alpha", how: str = "503") -> SimulatorFault:
    """Return an outage for `merchants` (comma-separated ids); `how` they are turned away: `503`, `close` or `hang`."""
    return SimulatorFault("partial_outage", gateway, "partial_outage", 1.0, {"merchants": merchants, "how": how})
