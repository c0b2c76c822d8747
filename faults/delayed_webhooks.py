"""A gateway's webhooks come late, and later ones overtake them."""

from faults._simulators import SimulatorFault


def delayed_webhooks(gateway: str = "stripe", *, share: float = 0.5, ms: float = 2000) -> SimulatorFault:
    """Return a gateway that sends a seeded `share` of its events `ms` late, out of order."""
    return SimulatorFault("delayed_webhooks", gateway, "delay_webhook", share, {"ms": ms})
