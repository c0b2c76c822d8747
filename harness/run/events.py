"""The run's own diary: `events.jsonl`, one line for each thing that happened, written as it happens."""

import json
import threading
import time
from pathlib import Path

from harness.core.fault import Sighting


def now_us() -> int:
    """Return the time now, in microseconds since the epoch."""
    return time.time_ns() // 1000


class EventLog:
    """Appends events to a file. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._lock = threading.Lock()

    def add(self, kind: str, *, at_us: int | None = None, **detail: object) -> int:
        """Write one event and return its time, in microseconds since the epoch."""
        at_us = now_us() if at_us is None else at_us
        self._write(json.dumps({"at_us": at_us, "kind": kind, **detail}, default=str))
        return at_us

    def note(self, kind: str, detail: Sighting) -> None:
        """Write an event of now with all that somebody has to tell of it."""
        self._write(json.dumps({"at_us": now_us(), "kind": kind, **detail}, default=str))

    def _write(self, line: str) -> None:
        with self._lock:
            self._file.write(line + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
