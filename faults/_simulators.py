"""What the seeded per-request faults share: they live in a gateway simulator, which also counts its own hits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults._traffic import calls_marked, noticed_until_us
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import SIMULATORS, Bite, Schedulable, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class SimulatorFault(Schedulable):
    """A seeded `share` of one gateway's requests goes wrong in the way `kind` names."""

    needs: ClassVar[frozenset[str]] = frozenset({SIMULATORS})
    name: str
    place: str
    kind: str
    share: float
    parameters: Mapping[str, float | int | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UsageError(f"share: {self.share} is not above 0 and at most 1")

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """The share of requests and the kind's own parameters."""
        return {"share": self.share, **self.parameters}

    @property
    def _fault_id(self) -> str:
        return f"{self.name}-{self.place}"

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the step that removes it from the simulator's fault plan."""
        return [surface.gateways.undo(self.place, self._fault_id)]

    def inject(self, surface: Surface, seed: int) -> None:
        """Plant it through the simulator's admin listener."""
        surface.gateways.plant(
            self.place, self._fault_id, self.kind, share=self.share, seed=seed, parameters=self.parameters
        )

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count what the simulator itself says that it did: to requests, to webhooks, to connections.

        Runs of before this was written down have only the calls that it marked.
        """
        if not evidence.has("gateway_fault_hits"):
            return calls_marked(evidence, self.place, self.kind, bite)
        return evidence.count(
            "SELECT count(*) FROM gateway_fault_hits WHERE gateway = ? AND fault_id = ? AND at_us BETWEEN ? AND ?",
            [self.place, self._fault_id, bite.from_us, noticed_until_us(evidence, bite)],
        )
