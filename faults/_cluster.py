"""What the faults of database nodes share: which node, how it is brought back, and the proof that it was gone.

The proof is what the harness saw of the nodes themselves: `database_state` events, and lag in `metrics`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from harness.core.database_controls import Database
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface

BEHIND_BYTES = 16_384
"""A standby this far behind is not just a look between two commits."""

LAG = "replication_lag_bytes"


@dataclass(frozen=True)
class PrimaryFault(Schedulable):
    """Whoever is the primary when the fault begins is broken with `act`; `mend` gives the undo for a node."""

    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    name: str
    act: Callable[[Database, str], int]
    mend: Callable[[Database, str], Undo]
    proof: Callable[[Evidence, Bite], int]
    place: str = "primary"
    settings: Mapping[str, float | int | str] = field(default_factory=dict)

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return a step for every node: nobody knows who is the primary a moment later."""
        return [self.mend(surface.database, node) for node in surface.database.nodes()]

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Break the primary. Verified by the database's controls."""
        node = surface.database.primary()
        timeline = surface.database.look(node).timeline
        return {"node": node, "timeline": timeline, "pid": self.act(surface.database, node)}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count what the fault's own proof counts."""
        return self.proof(evidence, bite)


def promotions(evidence: Evidence, bite: Bite) -> int:
    """Count the nodes that took over from the fault's primary: on a later timeline, and not that primary again."""
    led = [item for item in evidence.events_of("database_state") if item.detail["accepts_writes"]]
    before = [item.detail for item in led if item.at_us < bite.from_us]
    if not before:
        return 0
    old = max(before, key=lambda state: int(state["timeline"]))
    taken = {
        (item.detail["node"], item.detail["timeline"])
        for item in led
        if bite.from_us <= item.at_us <= bite.to_us and item.detail["node"] != old["node"]
    }
    return sum(int(timeline) > int(old["timeline"]) for _, timeline in taken)


def absences(evidence: Evidence, bite: Bite) -> int:
    """Count how often a node stopped answering while the fault was on."""
    return sum(
        not item.detail["up"]
        for item in evidence.events_of("database_state")
        if bite.from_us <= item.at_us <= bite.to_us
    )


def behind(evidence: Evidence, bite: Bite) -> int:
    """Count the looks at which a standby had not replayed `BEHIND_BYTES` or more of what its primary had written."""
    if not evidence.has("metrics"):
        return 0
    return evidence.count(
        "SELECT count(*) FROM metrics WHERE metric = ? AND at_us BETWEEN ? AND ? AND value >= ?",
        [LAG, bite.from_us, bite.to_us, BEHIND_BYTES],
    )
