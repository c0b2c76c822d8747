"""A database under pressure that writes down what was done to it, and answers as it is told to."""

from harness.core.fault import Undo


class FakePressure:
    def __init__(self, *, refused: bool = True, cancelled: int = 2, errors: int = 0) -> None:
        self.done: list[tuple[object, ...]] = []
        self._refused = refused
        self._cancelled = cancelled
        self.errors = errors

    def hold_connections(self) -> int:
        self.done.append(("hold",))
        return 150

    def undo_hold(self) -> Undo:
        return Undo("release_connections", {"workspace": "/w"})

    def connection_refused(self) -> bool:
        return self._refused

    def drop_platform_connections(self) -> int:
        self.done.append(("drop",))
        return 7

    def cancel_commits(self, *, terminate: bool) -> int:
        self.done.append(("terminate" if terminate else "cancel",))
        return self._cancelled

    def hold_rows(self, hold_ms: int) -> int:
        self.done.append(("hold_rows", hold_ms))
        return 2

    def fill_disk(self, node: str) -> int:
        self.done.append(("fill", node))
        self.errors += 3
        return 4096

    def undo_fill(self, node: str) -> Undo:
        return Undo("free_disk", {"ballast": f"/proc/1/root/{node}", "node": node})

    def disk_errors(self, node: str) -> int:
        return self.errors if node == "pg-a" else 0
