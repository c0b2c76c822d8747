"""The primary's disk for its log is full. PostgreSQL ends at once, and cannot come back before there is room again.

It needs a small disk made for the run (the platform's setting `database_wal_mb`); the host's is never touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults._seen import seen
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class _DiskFull(Schedulable):
    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    name: str = "disk_full"
    place: str = "primary"
    settings: Mapping[str, float | int | str] = field(default_factory=dict)

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return a step for every node: nobody knows who is the primary a moment later."""
        return [surface.pressure.undo_fill(node) for node in surface.database.nodes()]

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Fill what is left with a ballast file, and let the server need its next log file."""
        node = surface.database.primary()
        before = self._told(surface)
        return {"node": node, "ballast_bytes": surface.pressure.fill_disk(node), "disk_errors": before}

    def tick(self, surface: Surface) -> Sighting:
        """Count how often servers have told that their disk is full."""
        return {"disk_errors": self._told(surface)}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the times that a server told of its full disk while the fault was on."""
        told = seen(evidence, self.name, "disk_errors", bite)
        return max(told) - min(told) if told else 0

    def _told(self, surface: Surface) -> int:
        return sum(surface.pressure.disk_errors(node) for node in surface.database.nodes())


def disk_full() -> _DiskFull:
    """Return a full disk below the primary's log. It hit when the server said so."""
    return _DiskFull()
