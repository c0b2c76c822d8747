"""A gateway sends the same webhook several times at once, as every gateway says that it may."""

from faults._simulators import SimulatorFault


def duplicated_webhooks(gateway: str = "stripe", *, share: float = 0.5, copies: int = 3) -> SimulatorFault:
    """Return a gateway that sends a seeded `share` of its events in `copies` copies."""
    return SimulatorFault("duplicated_webhooks", gateway, "duplicate_webhook", share, {"copies": copies})
