"""The primary and its standby change roles on request: planned maintenance, the gentlest of all failovers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults._cluster import outage
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class Switchover(Schedulable):
    """There is nothing to undo: afterwards the cluster is as whole as before, with its roles exchanged."""

    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    name: str = "switchover"
    place: str = "primary"
    settings: Mapping[str, float | int | str] = field(default_factory=dict)

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return no step at all."""
        return ()

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Ask for it. `ControlError` where the cluster refuses."""
        node = surface.database.primary()
        surface.database.switchover()
        return {"node": node}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count what it moved and what it broke."""
        return outage(evidence, bite)


def switchover() -> Switchover:
    """Return a planned change of roles, which begins with the fault's window and is over within it."""
    return Switchover()
