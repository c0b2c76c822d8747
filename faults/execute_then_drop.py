"""The gateway takes the money and then drops the connection: executed, and nobody was told."""

from faults._simulators import SimulatorFault


def execute_then_drop(gateway: str = "stripe", *, share: float = 0.25) -> SimulatorFault:
    """Return dropped answers on a seeded `share` of the gateway's requests."""
    return SimulatorFault(name="execute_then_drop", place=gateway, kind="execute_then_drop", share=share)
