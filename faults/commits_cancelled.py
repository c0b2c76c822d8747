"""Nobody waits for the standby any longer: commits are cancelled while they wait for it, or lose their connection.

That is what a statement timeout, an impatient operator or a client that goes away does. The commit stays on the primary
alone, and is visible there as if nothing had happened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from faults._seen import seen
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class _Cancelled(Schedulable):
    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    terminate: bool
    name: str = "commits_cancelled"
    place: str = "primary"

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """How the wait ends: cancelled, or with its connection."""
        return {"how": "terminate" if self.terminate else "cancel"}

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return nothing: a wait that was cancelled is over, and nothing is left to heal."""
        return []

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Cancel whatever waits already."""
        return self.tick(surface)

    def tick(self, surface: Surface) -> Sighting:
        """Cancel whatever waits by now."""
        return {"cancelled": surface.pressure.cancel_commits(terminate=self.terminate)}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the commits that were cancelled."""
        return sum(seen(evidence, self.name, "cancelled", bite))


def commits_cancelled(*, terminate: bool = False) -> _Cancelled:
    """Return an impatience that cancels each commit of the platform that waits for the standby.

    With `terminate` its connection ends too.
    """
    return _Cancelled(terminate)
