"""The gateway's webhooks never come. Whoever waits for them to learn a payment's fate waits for ever."""

from dataclasses import dataclass

from faults._simulators import SimulatorFault
from harness.core.evidence import Evidence
from harness.core.fault import Bite


@dataclass(frozen=True)
class _Silence(SimulatorFault):
    """A webhook that was never sent leaves no call to mark, so its absence is counted."""

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the money movements at the gateway beyond the events that arrived from it in the same span."""
        moved = evidence.count(
            "SELECT count(*) FROM gateway_movements WHERE gateway = ? AND at_us BETWEEN ? AND ?",
            [self.place, bite.from_us, bite.to_us],
        )
        told = evidence.count(
            "SELECT count(*) FROM inbound_events WHERE gateway = ? AND received_at_us BETWEEN ? AND ?",
            [self.place, bite.from_us, bite.to_us],
        )
        return max(0, moved - told)


def dropped_webhooks(gateway: str = "stripe", *, share: float = 1.0) -> SimulatorFault:
    """Return a gateway that never sends a seeded `share` of its events."""
    return _Silence(name="dropped_webhooks", place=gateway, kind="drop_webhook", share=share)
