"""A gateway's webhooks of one payment come in the wrong order."""

from faults._simulators import SimulatorFault


def reordered_webhooks(gateway: str = "stripe", *, share: float = 0.5, hold_ms: float = 1500) -> SimulatorFault:
    """Return a gateway that holds a seeded `share` of its events back until the payment's next one was sent."""
    return SimulatorFault("reordered_webhooks", gateway, "reorder_webhooks", share, {"hold_ms": hold_ms})
