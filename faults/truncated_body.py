"""The gateway executes, and half of its answer arrives."""

from faults._simulators import SimulatorFault


def truncated_body(gateway: str = "stripe", *, share: float = 0.25) -> SimulatorFault:
    """Return answers, a seeded `share` of the gateway's, that end half way through what their length promises."""
    return SimulatorFault("truncated_body", gateway, "truncated_body", share)
