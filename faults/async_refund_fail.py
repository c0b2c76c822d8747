"""Refunds are accepted, and fail some time later: the money never reached the shopper."""

from faults._simulators import SimulatorFault


def async_refund_fail(gateway: str = "stripe", *, share: float = 0.5, after_ms: int = 800) -> SimulatorFault:
    """Return a gateway at which a seeded `share` of refunds fails `after_ms` after it was accepted."""
    late = {"ms": after_ms}
    return SimulatorFault("async_refund_fail", gateway, kind="async_refund_fail", share=share, parameters=late)
