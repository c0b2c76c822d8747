"""The gateway's webhooks never come. Whoever waits for them to learn a payment's fate waits for ever."""

from faults._simulators import SimulatorFault


def dropped_webhooks(gateway: str = "stripe", *, share: float = 1.0) -> SimulatorFault:
    """Return a gateway that never sends a seeded `share` of its events."""
    return SimulatorFault("dropped_webhooks", gateway, kind="drop_webhook", share=share)
