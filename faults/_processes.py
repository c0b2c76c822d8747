"""What the faults on processes share: who dies, when, and which real work had to wait for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults._traffic import broken_calls
from harness.core.evidence import Event, Evidence
from harness.core.fault import PROCESSES, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface


def seen(evidence: Evidence, fault: str, place: str, bite: Bite) -> list[Event]:
    """Return what a fault saw itself do while it was on."""
    return [
        event
        for event in evidence.events_of("fault_seen")
        if (event.detail.get("fault"), event.detail.get("place")) == (fault, place)
        and bite.from_us <= event.at_us <= bite.to_us
    ]


def unanswered(evidence: Evidence, replica: str, bite: Bite) -> int:
    """Count requests to a replica that found nobody, or whose answer did not come, while it was away."""
    return evidence.count(
        """SELECT count(*) FROM history WHERE replica = ? AND kind <> 'final_read' AND sent_us <= ?
            AND coalesce(done_us, 9e18) >= ? AND http_status IS NULL AND coalesce(done_us, 9e18) > sent_us
            AND sent_us >= ? - 5000000""",
        [replica, bite.to_us, bite.from_us, bite.from_us],
    )


def waiting_work(evidence: Evidence, bite: Bite) -> int:
    """Count events that were due to be published or delivered while the worker was away, and were only afterwards."""
    return evidence.count(
        """SELECT count(*) FROM outbox o LEFT JOIN webhook_deliveries d USING (event_id)
            WHERE o.created_at_us BETWEEN ? AND ?
            AND (coalesce(o.published_at_us, 9e18) > ? OR coalesce(d.delivered_at_us, 9e18) > ?)""",
        [bite.from_us, bite.to_us, bite.to_us, bite.to_us],
    )


def missed(evidence: Evidence, process: str, bite: Bite) -> int:
    """Count the real work that a process's absence held up or broke."""
    if process in evidence.gateways:
        return broken_calls(evidence, f"*-to-{process}", bite)
    return waiting_work(evidence, bite) if process == "worker" else unanswered(evidence, process, bite)


@dataclass
class ProcessKilled(Schedulable):
    """One process dies by SIGKILL and stays away until the fault's end: at once, or at the crash point `point`."""

    needs: ClassVar[frozenset[str]] = frozenset({PROCESSES})
    name: str
    place: str
    point: str = ""
    _pid: int = field(default=0, init=False)
    _dead: bool = field(default=False, init=False)
    _meaning: str = field(default="", init=False)

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """The crash point, where there is one."""
        return {"crash_point": self.point} if self.point else {}

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the step that starts it again, and the one that disarms it."""
        restart = [surface.processes.undo_kill(self.place)]
        return [surface.processes.undo_arm(self.place), *restart] if self.point else restart

    def inject(self, surface: Surface, seed: int) -> Sighting | None:
        """Kill it, or arm the crash point."""
        if self.point:
            self._meaning = {item.name: item.meaning for item in surface.processes.crash_points()}.get(self.point, "")
            self._dead, self._pid = False, surface.processes.arm(self.place, self.point)
            return None
        self._dead, self._pid = True, surface.processes.kill(self.place)
        return {"process": self.place, "died": self._pid}

    def tick(self, surface: Surface) -> Sighting | None:
        """See that it died at its crash point."""
        if self._dead or surface.processes.alive(self.place):
            return None
        self._dead = True
        crash = surface.processes.crash(self.place, self._pid)
        if crash is None or crash.point != self.point:
            return {"process": self.place, "died": self._pid}
        told: dict[str, int | str | None] = {
            "process": self.place,
            "died": self._pid,
            "crash_point": crash.point,
            "reached_at_us": crash.at_us,
        }
        return {**told, "meaning": self._meaning}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the work that waited for it or broke; none where it did not die, or not where it should."""
        sightings = seen(evidence, self.name, self.place, bite)
        died = [event for event in sightings if event.detail.get("crash_point", "") == self.point]
        if not died:
            return 0
        from_us = int(died[0].detail.get("reached_at_us", bite.from_us))
        return missed(evidence, self.place, Bite(min(from_us, bite.to_us), bite.to_us))
