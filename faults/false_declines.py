"""The gateway declines with "try again later", and takes the money all the same: a late success beside a fallback."""

from faults._simulators import SimulatorFault


def false_declines(gateway: str = "stripe", *, share: float = 0.1) -> SimulatorFault:
    """Return declines, on a seeded `share` of the gateway's new charges, of what was executed."""
    return SimulatorFault("false_declines", gateway, kind="execute_then_decline", share=share)
