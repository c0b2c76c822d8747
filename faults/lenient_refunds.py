"""The gateway refunds whatever it is asked to, beyond what was captured: no second line of defence stands."""

from faults._simulators import SimulatorFault


def lenient_refunds(gateway: str = "stripe") -> SimulatorFault:
    """Return a gateway that does not guard refunds, so that ours is the only guard.

    A sound platform never asks for too much, so what counts is each refund that went by unguarded.
    """
    return SimulatorFault("lenient_refunds", gateway, kind="lenient_refunds", share=1.0)
