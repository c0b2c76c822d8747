"""The gateway takes the right amount and names a wrong one in its answer, once; asked again, it says the right one."""

from faults._simulators import SimulatorFault


def wrong_amount_echo(gateway: str = "stripe", *, share: float = 0.25, by_minor: int = 1) -> SimulatorFault:
    """Return answers, a seeded `share` of the gateway's, whose amount is wrong by `by_minor` minor units."""
    return SimulatorFault("wrong_amount_echo", gateway, "wrong_amount_echo", share, {"by_minor": by_minor})
