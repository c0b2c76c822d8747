"""The gateway executes and answers 200 with a body that is not what it should be."""

from faults._simulators import SimulatorFault


def malformed_replies(gateway: str = "stripe", *, share: float = 0.25) -> SimulatorFault:
    """Return unreadable answers on a seeded `share` of the gateway's requests."""
    return SimulatorFault(name="malformed_replies", place=gateway, kind="malformed_200", share=share)
