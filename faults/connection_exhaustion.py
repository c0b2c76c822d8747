"""Somebody takes every connection that the database has to give, as a leaking neighbour does after a deployment."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from faults._seen import seen
from harness.core.errors import ControlError
from harness.core.evidence import Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface

FULL_WITHIN_S = 3.0
"""How long whoever holds the connections may need to take the last ones, which others give back meanwhile."""


@dataclass(frozen=True)
class _Exhaustion(Schedulable):
    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    evict: bool
    name: str = "connection_exhaustion"
    place: str = "primary"

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """Whether the platform loses the connections that it has."""
        return {"evict": "yes" if self.evict else "no"}

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the step that ends whoever holds the connections."""
        return [surface.pressure.undo_hold()]

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Take all connections, and see the server refuse one more."""
        held = surface.pressure.hold_connections()
        until = time.monotonic() + FULL_WITHIN_S
        while not surface.pressure.connection_refused():
            if time.monotonic() >= until:
                raise ControlError(f"{held} connections were taken, and the database still gives more")
            time.sleep(0.05)
        return {"held": held}

    def tick(self, surface: Surface) -> Sighting:
        """Try to connect as an ordinary client would, and take what the platform still has."""
        refused = int(surface.pressure.connection_refused())
        return {"refused": refused, "evicted": surface.pressure.drop_platform_connections() if self.evict else 0}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the connections that the server refused, each tried as an ordinary client's."""
        return sum(seen(evidence, self.name, "refused", bite))


def connection_exhaustion(*, evict: bool = False) -> _Exhaustion:
    """Return a crowd that holds every connection of the primary.

    Without `evict` the platform keeps those that it has and gets no more; with it, it loses them too.
    """
    return _Exhaustion(evict)
