"""A standby, or each, keeps the primary's log and stops replaying it: nothing is lost, but what is read there is old.

A long query, a lock, a slow disk: commits are as safe and as fast as ever, for they wait for the log and not for its
replay. Only whoever reads there notices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults._replication import Standbys, behind, checked, chosen
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class ReplayFrozen(Schedulable):
    """A SIGSTOP of the one process of a standby that replays; healed by SIGCONT, and then it catches up."""

    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    name: str = "replay_frozen"
    place: str = "standby"
    standbys: Standbys = "all"
    settings: Mapping[str, float | int | str] = field(default_factory=dict)

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return a step for each standby that lets its replay run on."""
        return [surface.database.undo_freeze_replay(node) for node in surface.database.standbys()]

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Stop the replay. Verified by the database's controls."""
        nodes = chosen(surface.database, self.standbys)
        return {"standbys": list(nodes), "pids": [surface.database.freeze_replay(node) for node in nodes]}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the looks at which they were behind."""
        return behind(evidence, self.name, bite)


def replay_frozen(*, standbys: Standbys = "all") -> ReplayFrozen:
    """Return one standby, or each, that no longer replays what it receives."""
    return ReplayFrozen(standbys=checked(standbys), settings={"standbys": standbys})
