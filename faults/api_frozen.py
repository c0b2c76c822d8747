"""An API replica stops in the middle of everything (SIGSTOP): its sockets stay open, and nobody answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.core.evidence import Evidence
from harness.core.fault import PROCESSES, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class _Frozen(Schedulable):
    needs: ClassVar[frozenset[str]] = frozenset({PROCESSES})
    place: str
    name: str = "api_frozen"

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """None."""
        return {}

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the step that lets it run on."""
        return [surface.processes.undo_freeze(self.place)]

    def inject(self, surface: Surface, seed: int) -> Sighting | None:
        """Stop it."""
        return {"process": self.place, "frozen": surface.processes.freeze(self.place)}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the requests in its hands that got no answer while it was frozen."""
        return evidence.count(
            """SELECT count(*) FROM history WHERE replica = ? AND kind <> 'final_read'
                AND sent_us BETWEEN ? AND ? AND (http_status IS NULL OR done_us > ?)""",
            [self.place, bite.from_us - 1_000_000, bite.to_us, bite.to_us],
        )


def api_frozen(replica: str = "api1") -> _Frozen:
    """Return a replica that hangs until the fault's end, and then goes on as if no time had passed."""
    return _Frozen(replica)
