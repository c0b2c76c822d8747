"""The standby keeps the primary's log and stops replaying it: it loses nothing, and what is read there grows old.

A long query, a lock, a slow disk: commits are as safe and as fast as ever, for they wait for the log and not for its
replay. Only whoever reads from the standby notices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults._cluster import behind
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class ReplayFrozen(Schedulable):
    """A SIGSTOP of the one process of the standby that replays; healed by SIGCONT, and then it catches up."""

    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    name: str = "replay_frozen"
    place: str = "standby"
    settings: Mapping[str, float | int | str] = field(default_factory=dict)

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the step that lets the replay run on."""
        return [surface.database.undo_freeze_replay(surface.database.standby())]

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Stop the replay. Verified by the database's controls."""
        node = surface.database.standby()
        return {"node": node, "pid": surface.database.freeze_replay(node)}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the looks at which the standby was behind."""
        return behind(evidence, bite)


def replay_frozen() -> ReplayFrozen:
    """Return a standby that no longer replays what it receives."""
    return ReplayFrozen()
