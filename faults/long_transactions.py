"""Some transactions take long: somebody looks at rows FOR UPDATE, again and again, as a forgotten psql session does.

Whoever has begun to write and then needs such a row waits, while everybody else goes by: what was begun first is
committed last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from faults._seen import seen
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class _Long(Schedulable):
    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    hold_ms: int
    name: str = "long_transactions"
    place: str = "primary"

    def __post_init__(self) -> None:
        if not 0 < self.hold_ms <= 500:
            raise UsageError(f"hold_ms: {self.hold_ms} is not above 0 and at most 500")

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """How long rows are held each time."""
        return {"hold_ms": self.hold_ms}

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return nothing: each hold is one statement, over in `hold_ms` whatever becomes of the harness."""
        return []

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Hold the rows for the first time."""
        return {"held": surface.pressure.hold_rows(self.hold_ms)}

    def tick(self, surface: Surface) -> Sighting:
        """Hold those that are in work now."""
        return self.inject(surface, 0)

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the payments in work whose row was held."""
        return sum(seen(evidence, self.name, "held", bite))


def long_transactions(*, hold_ms: int = 200) -> _Long:
    """Return a session that holds the rows of payments in work for `hold_ms`, again and again."""
    return _Long(hold_ms)
