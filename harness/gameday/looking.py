"""Looks at the platform once a second for the page. What cannot be read is left as it was, and said to be old."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from harness.core.errors import FaultlineError
from harness.core.target import Target
from harness.gameday.ground import Traffic
from harness.run.threads import join_begun

LOOK_EVERY_S = 1.0
TRAFFIC_EVERY = 10
T = TypeVar("T")


class Watched(Target, Protocol):
    """What a target must tell beside, to be played with."""

    def active_faults(self) -> Sequence[str]:
        """Return a sentence for each fault that is on now; those on links begin with the link's name and a colon."""

    def recent_attempts(self, seconds: int) -> Mapping[str, int]:
        """Return how many attempts were prepared in the last seconds, by gateway."""


@dataclass
class Seen:
    """What was seen last, and when (seconds since the epoch; 0.0: not yet)."""

    broken: Sequence[str] = ()
    dead: Sequence[str] = ()
    queues: Mapping[str, int] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    at: float = 0.0
    unknown: Sequence[str] = ()
    """What could not be read at the last look."""


@dataclass
class Told:
    """What the run's events and metrics told last: breakers, nodes of the database, lag, processors."""

    breakers: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Mapping[str, object]] = field(default_factory=dict)
    lag_bytes: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def hear(self, event: Mapping[str, object]) -> None:
        """Take an event of the run."""
        if event["kind"] == "breaker":
            self.breakers[f"{event['gateway']} {event['operation_class']}"] = str(event["to_state"])
        elif event["kind"] == "database_state":
            self.nodes[str(event["node"])] = {name: event[name] for name in ("up", "role", "accepts_writes")}

    def take(self, process: str, metric: str, value: float) -> None:
        """Take a metric."""
        if metric == "cpu_share":
            self.cpu[process] = round(value, 3)
        elif metric == "replication_lag_bytes":
            self.lag_bytes[process] = value


class Looker:
    """A thread that looks until it is stopped."""

    def __init__(self, target: Watched, processes: Sequence[str]) -> None:
        self._target = target
        self._processes = processes
        self.seen = Seen()
        self._looks = 0
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._work, name="gameday-looker", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._halt.set()
        join_begun(self._thread, timeout_s=10)

    def _work(self) -> None:
        while not self._halt.wait(LOOK_EVERY_S):
            self.seen = self.look()

    def look(self) -> Seen:
        """Look once."""
        unknown: list[str] = []
        before, processes = self.seen, self._target.surface.processes
        broken = _read("links and simulators", self._target.active_faults, before.broken, unknown)
        dead = _read(
            "processes", lambda: [item for item in self._processes if not processes.alive(item)], before.dead, unknown
        )
        queues = _read("queues", self._target.backlog, before.queues, unknown)
        traffic = before.traffic
        if self._looks % TRAFFIC_EVERY == 0:
            recent = _read("traffic", lambda: self._target.recent_attempts(traffic.seconds), traffic.attempts, unknown)
            traffic = Traffic(traffic.seconds, recent)
        self._looks += 1
        return Seen(broken, dead, queues, traffic, time.time(), unknown)


def _read(what: str, ask: Callable[[], T], before: T, unknown: list[str]) -> T:
    try:
        return ask()
    except FaultlineError:
        unknown.append(what)
        return before
