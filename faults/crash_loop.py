"""A process that dies again and again, soon after each restart, as with a bad configuration or a poisoned queue."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults._processes import seen
from harness.core.evidence import Evidence
from harness.core.fault import PROCESSES, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


@dataclass
class _CrashLoop(Schedulable):
    needs: ClassVar[frozenset[str]] = frozenset({PROCESSES})
    place: str
    up_s: float
    name: str = "crash_loop"
    _deaths: int = field(default=0, init=False)
    _up_since: float | None = field(default=None, init=False)

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """How long it is up each time."""
        return {"up_s": self.up_s}

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the step that starts it for good."""
        return [surface.processes.undo_kill(self.place)]

    def inject(self, surface: Surface, seed: int) -> Sighting | None:
        """Kill it for the first time."""
        self._deaths = 0
        return self._kill(surface)

    def tick(self, surface: Surface) -> Sighting | None:
        """Start it where it is dead; kill it again when it has answered for `up_s`."""
        processes = surface.processes
        if not processes.alive(self.place):
            processes.begin_start(self.place)
        elif self._up_since is None:
            self._up_since = time.monotonic() if processes.ready(self.place) else None
        elif time.monotonic() - self._up_since >= self.up_s:
            return self._kill(surface)
        return None

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count its deaths after a restart."""
        deaths = [event for event in seen(evidence, self.name, self.place, bite) if "died" in event.detail]
        return max(0, len(deaths) - 1)

    def _kill(self, surface: Surface) -> Sighting:
        pid = surface.processes.kill(self.place)
        self._deaths, self._up_since = self._deaths + 1, None
        return {"process": self.place, "died": pid, "deaths": self._deaths}


def crash_loop(process: str = "api1", *, up_s: float = 1.0) -> _CrashLoop:
    """Return a process that is killed `up_s` seconds after it answers, each time that it was started again."""
    return _CrashLoop(process, up_s)
