"""The gateway refunds whatever it is asked to, beyond what was captured: no second line of defence stands."""

from dataclasses import dataclass

from faults._simulators import SimulatorFault
from harness.core.evidence import Evidence
from harness.core.fault import Bite


@dataclass(frozen=True)
class _Lenience(SimulatorFault):
    """A sound platform never asks for too much, so what counts is how many refunds went by without a guard."""

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the refunds that reached the gateway while nobody there checked their sum."""
        return evidence.count(
            """SELECT count(*) FROM gateway_calls
               WHERE gateway = ? AND endpoint = 'refund' AND arrived_at_us BETWEEN ? AND ?""",
            [self.place, bite.from_us, bite.to_us],
        )


def lenient_refunds(gateway: str = "stripe") -> SimulatorFault:
    """Return a gateway that does not guard refunds, so that ours is the only guard."""
    return _Lenience(name="lenient_refunds", place=gateway, kind="lenient_refunds", share=1.0)
