"""Every crash point of the platform kills its process once, under load, and a supervisor starts it again at once.

Two lanes side by side: the points of the API at the two replicas in turn, one of which always lives, and those of the
worker. A point that nobody reaches within some seconds lets another one go first and is tried again.
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

from faults._processes import seen
from harness.core.errors import ControlError
from harness.core.evidence import Evidence
from harness.core.fault import PROCESSES, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface

API_POINTS = (
    *("before_claim", "claimed", "dispatched", "gateway_answered", "before_record", "recorded"),
    *("resend_counted", "fell_back", "inbound_verified", "inbound_stored", "inbound_acted"),
)
WORKER_POINTS = (
    *("outbox_written", "outbox_published", "delivery_claimed", "delivery_sent", "delivery_marked"),
    *("owner_gone", "unknown_claimed", "resolver_resend_counted", "resolver_resent", "resolver_looked_up"),
    *("evidence_recorded", "followed", "first_sent", "caught_up"),
)
"""What the sweep covers, by the kind of process that dies. A test fails where the platform has a point beyond these."""

PATIENCE_S = 2.5
"""How long a point may take to be reached before another one has its turn."""

REST_S = 0.4
"""How long a process that was started again works before it is armed again."""


@dataclass
class _Lane:
    """One after the other: arm, see it die, start it again, see it answer."""

    processes: deque[str]
    waiting: deque[str]
    meanings: Mapping[str, str]
    armed: str = ""
    pid: int = 0
    since: float = field(default_factory=time.monotonic)
    starting: bool = False

    def step(self, surface: Surface) -> Sighting | None:
        """Do the next thing; return what is worth telling."""
        name, age_s = self.processes[0], time.monotonic() - self.since
        if self.starting:
            return self._started(surface, name)
        if self.armed and not surface.processes.alive(name):
            return self._died(surface, name)
        if self.armed and age_s > PATIENCE_S and (self.waiting or len(self.processes) > 1):
            self._give_way(surface, name)
        if not self.armed and self.waiting and age_s > REST_S:
            self.pid = surface.processes.arm(self.processes[0], self.waiting[0])
            self.armed, self.since = self.waiting.popleft(), time.monotonic()
        return None

    def _give_way(self, surface: Surface, name: str) -> None:
        """Let another point go first, at the next process: what one replica never does, the other may do often.

        A process that does not take it back has died at it a moment ago, which the next step sees.
        """
        with suppress(ControlError):
            surface.processes.disarm(name)
            self.waiting.insert(1, self.armed)
            self.armed = ""
            self.processes.rotate(-1)

    def _died(self, surface: Surface, name: str) -> Sighting:
        crash = surface.processes.crash(name, self.pid)
        point, self.armed, self.starting = self.armed, "", True
        surface.processes.begin_start(name)
        told: Sighting = {"process": name, "died": self.pid}
        if crash is None or crash.point != point:
            self.waiting.insert(1, point)
            return told
        return {**told, "crash_point": point, "reached_at_us": crash.at_us, "meaning": self.meanings.get(point, "")}

    def _started(self, surface: Surface, name: str) -> Sighting | None:
        if not surface.processes.ready(name):
            return None
        self.starting, self.since = False, time.monotonic()
        self.processes.rotate(-1)
        return {"process": name, "back_after": self.pid, "back_at_us": time.time_ns() // 1000}


@dataclass
class _Sweep(Schedulable):
    needs: ClassVar[frozenset[str]] = frozenset({PROCESSES})
    place: str = "api*, worker"
    name: str = "crash_points"
    _lanes: tuple[_Lane, ...] = field(default=(), init=False)
    _told: deque[Sighting] = field(default_factory=deque, init=False)

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """How many points there are."""
        return {"points": len(API_POINTS) + len(WORKER_POINTS)}

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the steps that disarm every process and start those that are dead."""
        processes, names = surface.processes, ("api1", "api2", "worker")
        return [*(processes.undo_arm(name) for name in names), *(processes.undo_kill(name) for name in names)]

    def inject(self, surface: Surface, seed: int) -> Sighting | None:
        """Ask the platform for its points, and begin."""
        meanings = {point.name: point.meaning for point in surface.processes.crash_points()}
        self._told.clear()
        self._lanes = (
            _Lane(deque(("api1", "api2")), deque(API_POINTS), meanings),
            _Lane(deque(("worker",)), deque(WORKER_POINTS), meanings),
        )
        return {"crash_points": list(meanings), "swept": [*API_POINTS, *WORKER_POINTS]}

    def tick(self, surface: Surface) -> Sighting | None:
        """Let each lane do its next thing."""
        steps = [lane.step(surface) for lane in self._lanes]
        self._told.extend(step for step in steps if step is not None)
        return self._told.popleft() if self._told else None

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the points at which a process died."""
        return len(self._reached(evidence, bite))

    def missed(self, evidence: Evidence, bite: Bite) -> Sequence[str]:
        """Return the points that the platform has and at which nobody died."""
        published = [
            str(point)
            for event in seen(evidence, self.name, self.place, bite)
            for point in event.detail.get("crash_points", [])
        ]
        reached = self._reached(evidence, bite)
        return [point for point in dict.fromkeys([*published, *API_POINTS, *WORKER_POINTS]) if point not in reached]

    def _reached(self, evidence: Evidence, bite: Bite) -> set[str]:
        sightings = seen(evidence, self.name, self.place, bite)
        return {str(event.detail["crash_point"]) for event in sightings if event.detail.get("crash_point")}


def crash_points() -> _Sweep:
    """Return the sweep over every crash point; its window must be long enough for all of them."""
    return _Sweep()
