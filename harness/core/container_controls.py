"""What a fault may do to the platform's containers, on a target that has containers. Processes have no such handles."""

from dataclasses import dataclass
from typing import Protocol

from harness.core.fault import Undo

NEED = "containers"
"""What a fault that uses these names in its `needs`."""

GRACE_S_MAX = 25
"""The longest grace of a stop, in seconds: the engine is asked for no longer than 30."""
CPUS_MIN = 0.01
MEMORY_MB_MIN = 6
"""The least that the engine takes for a limit."""


@dataclass(frozen=True)
class ContainerLook:
    """What the engine says of a container now.

    `connected`: it is on the platform's network. `throttled` counts the scheduling periods in which its CPU limit held
    it back, since it was made; `memory_failures` how often its memory limit refused it more. 0 where nobody asked.
    """

    alive: bool
    connected: bool
    throttled: int
    memory_failures: int


class Containers(Protocol):
    """Every container of the platform by its service's name. Every change is verified (`ControlError` otherwise)."""

    def look(self, name: str, *, limits: bool = False) -> ContainerLook:
        """Return what the engine says of it now. `limits`: with what they held back, which takes it up to a second."""

    def stop(self, name: str, *, grace_s: int) -> None:
        """Ask it to end (SIGTERM) and end it after `grace_s` (SIGKILL). Returns at once: its end is what is watched."""

    def disconnect(self, name: str) -> None:
        """Take it off the platform's network while it lives: its names and its address are gone for all others."""

    def limit(self, name: str, *, cpus: float = 0.0, memory_mb: int = 0) -> None:
        """Change its limits while it runs; 0 leaves one as it is. One that is no less than it has is refused."""

    def undo_stop(self, name: str) -> Undo:
        """Return the step that starts it again, and waits until it is well."""

    def undo_disconnect(self, name: str) -> Undo:
        """Return the step that brings it back to its network, with the same names and address."""

    def undo_limit(self, name: str, *, cpus: float = 0.0, memory_mb: int = 0) -> Undo:
        """Return the step that gives it back those limits that `limit` would change, as they were before any fault."""
