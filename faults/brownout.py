"""A gateway is half ill: a share of its requests gets a 5xx before anything was executed."""

from faults._simulators import SimulatorFault


def brownout(gateway: str = "stripe", *, share: float = 0.3) -> SimulatorFault:
    """Return errors on a seeded `share` of the gateway's requests."""
    return SimulatorFault(name="brownout", place=gateway, kind="brownout", share=share)
