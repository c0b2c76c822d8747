"""One process lives in another time, as a host with a broken NTP does.

An offset in the application: the machine's clock is everybody's. Leases, key expiry, signatures and every timestamp of
that process follow it; timers and timeouts do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import PROCESSES, Bite, Schedulable, Undo
from harness.core.surface import Surface


@dataclass(frozen=True)
class _Skewed(Schedulable):
    needs: ClassVar[frozenset[str]] = frozenset({PROCESSES})
    place: str
    offset_s: float
    name: str = "clock_skew"

    def __post_init__(self) -> None:
        if self.offset_s == 0:
            raise UsageError("offset_s: 0 is no skew", hint="seconds ahead of the host's clock; negative is behind")

    @property
    def settings(self) -> Mapping[str, float | int | str]:
        """How far ahead its clock is."""
        return {"offset_s": self.offset_s}

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return the step that gives it the host's time back."""
        return [surface.processes.undo_skew(self.place)]

    def inject(self, surface: Surface, seed: int) -> None:
        """Let its clock jump."""
        surface.processes.skew(self.place, self.offset_s)

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count what it stamped with a time that others saw to be wrong by about the offset."""
        offset_us = int(self.offset_s * 1e6)
        if self.place == "worker":
            stamped = "SELECT r.received_at_us AS true_us, d.sent_at_us AS told_us FROM delivery_attempts d "
            stamped += "JOIN sink_events r USING (event_id)"
        else:
            # Received by the clock that all share, marked as done by the process's own.
            stamped = "SELECT received_at_us AS true_us, processed_at_us AS told_us FROM inbound_events"
        return evidence.count(
            f"""SELECT count(*) FROM ({stamped}) WHERE true_us BETWEEN ? AND ?
                AND abs(told_us - true_us - ({offset_us})) < {abs(offset_us) // 2}""",
            [bite.from_us, bite.to_us],
        )


def clock_skew(process: str = "api1", *, offset_s: float) -> _Skewed:
    """Return a process (`api1`, `api2`, `worker`) whose clock is `offset_s` seconds ahead, or behind where negative."""
    return _Skewed(process, offset_s)
