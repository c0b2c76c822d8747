"""What a fault may do to the platform's own processes: end them, stop their clocks, let them die at a named point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.core.fault import Undo


@dataclass(frozen=True)
class CrashPoint:
    """A named edge of the platform's code at which a process can be made to die, as the platform publishes it.

    `roles` are the kinds of process that pass it (`api`, `worker`); `meaning` says in words what is already true there.
    """

    name: str
    roles: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Crash:
    """A process's own last word, written before it died at an armed crash point. `at_us` is since the epoch."""

    point: str
    pid: int
    at_us: int


class Processes(Protocol):
    """The processes of the platform, each of which can die alone: API replicas, worker, gateway simulators, sink."""

    def matching(self, pattern: str) -> Sequence[str]:
        """Return the names matching a shell pattern such as `api*`; `UsageError` listing all when none does."""

    def alive(self, name: str) -> bool:
        """Tell whether it exists (a frozen process does)."""

    def ready(self, name: str) -> bool:
        """Tell whether it exists and answers."""

    def kill(self, name: str) -> int:
        """End it with SIGKILL and return its pid. `ControlError` where it does not run or does not go."""

    def freeze(self, name: str) -> int:
        """Stop it with SIGSTOP (its sockets stay open) and return its pid. Verified; `ControlError` otherwise."""

    def begin_start(self, name: str) -> None:
        """Start it again if it does not run, without waiting until it answers."""

    def start(self, name: str) -> None:
        """Start it again if it does not run, and wait until it answers. `HarnessError` where it does not."""

    def undo_kill(self, name: str) -> Undo:
        """Return the step that starts it again if it does not run, and waits until it answers."""

    def undo_freeze(self, name: str) -> Undo:
        """Return the step that lets it run on (SIGCONT), for the process that runs now."""

    def crash_points(self) -> Sequence[CrashPoint]:
        """Return every crash point that the platform's code has. `ControlError` where nobody tells."""

    def arm(self, name: str, point: str) -> int:
        """Let a process die when it next reaches a crash point; return its pid. `ControlError` where it refuses."""

    def disarm(self, name: str) -> None:
        """Take an armed crash point back now. Verified; `ControlError` otherwise, as where the process has died."""

    def crash(self, name: str, pid: int) -> Crash | None:
        """Return what the process with this pid wrote before it died at a crash point; None where it did not."""

    def undo_arm(self, name: str) -> Undo:
        """Return the step that disarms it (a process that died is not armed any more)."""

    def skew(self, name: str, offset_s: float) -> None:
        """Let a process's clock jump to `offset_s` seconds ahead of the host's. Verified; `ControlError` otherwise."""

    def undo_skew(self, name: str) -> Undo:
        """Return the step that gives it the host's time back."""
