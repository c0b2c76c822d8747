"""A gateway refuses a share of refunds: the account that they are paid from is empty for the moment."""

from faults._simulators import SimulatorFault


def refunds_declined(gateway: str = "stripe", *, share: float = 0.5) -> SimulatorFault:
    """Return refusals of a seeded `share` of the gateway's refunds; one asked for again may be made."""
    return SimulatorFault("refunds_declined", gateway, "decline_refunds", share)
