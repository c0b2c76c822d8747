"""What the faults of a merchant's endpoint share: the sink writes down each delivery with the trouble that it met."""

from collections.abc import Mapping
from dataclasses import dataclass

from faults._simulators import SimulatorFault
from harness.core.evidence import Evidence
from harness.core.fault import Bite


@dataclass(frozen=True)
class EndpointFault(SimulatorFault):
    """A seeded `share` of all tries to deliver to some merchants meets the trouble that `kind` names."""

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the deliveries that met it, as the sink says."""
        return evidence.count(
            "SELECT count(*) FROM sink_events WHERE fault = ? AND received_at_us BETWEEN ? AND ?",
            [self.kind, bite.from_us, bite.to_us],
        )


def endpoint(name: str, kind: str, merchants: str, share: float, **parameters: float) -> EndpointFault:
    """Return a trouble of the endpoints of `merchants` (comma-separated; empty: of all)."""
    settings: Mapping[str, float | int | str] = {"merchants": merchants, **parameters}
    return EndpointFault(name=name, place="sink", kind=kind, share=share, parameters=settings)
