"""The run's own diary: `events.jsonl`, one line for each thing that happened, written as it happens."""

import json
import threading
import time
from pathlib import Path


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
        line = json.dumps({"at_us": at_us, "kind": kind, **detail}, default=str)
        with self._lock:
            self._file.write(line + "\n")
        return at_us

    def close(self) -> None:
        """Close the file."""
        self._file.close()
