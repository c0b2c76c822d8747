"""Containers that remember what was done to them."""

from harness.core.container_controls import ContainerLook
from harness.core.fault import Undo


class FakeContainers:
    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []
        self.now = ContainerLook(alive=True, connected=True, throttled=0, memory_failures=0)

    def look(self, name: str, *, limits: bool = False) -> ContainerLook:
        return self.now

    def stop(self, name: str, *, grace_s: int) -> None:
        self.done.append(("stop", name, grace_s))

    def disconnect(self, name: str) -> None:
        self.done.append(("disconnect", name))

    def limit(self, name: str, *, cpus: float = 0.0, memory_mb: int = 0) -> None:
        self.done.append(("limit", name, cpus, memory_mb))

    def undo_stop(self, name: str) -> Undo:
        return Undo("start_container", {"service": name})

    def undo_disconnect(self, name: str) -> Undo:
        return Undo("reconnect_container", {"service": name})

    def undo_limit(self, name: str, *, cpus: float = 0.0, memory_mb: int = 0) -> Undo:
        return Undo("restore_container_limits", {"service": name})
