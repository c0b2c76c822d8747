"""The gateway refunds whatever it is asked to, beyond what was captured: no second line of defence stands."""

from faults._simulators import SimulatorFault


def lenient_refunds(gateway: str = "stripe", *, share: float = 1.0) -> SimulatorFault:
    """Return a gateway that does not guard refunds, so that ours is the only guard."""
    return SimulatorFault(name="lenient_refunds", place=gateway, kind="lenient_refunds", share=share)
