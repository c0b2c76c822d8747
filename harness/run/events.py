"""The run's own diary: `events.jsonl`, one line for each thing that happened, written as it happens."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.core.fault import Sighting


def now_us() -> int:
    """Return the time now, in microseconds since the epoch."""
    return time.time_ns() // 1000


class EventLog:
    """Appends events to a file. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a", buffering=1)
        self._lock = threading.Lock()
        self._heard: Callable[[Mapping[str, object]], None] = lambda _: None

    def tell(self, heard: Callable[[Mapping[str, object]], None]) -> None:
        """Have each event told: those so far at once, then each in the thread that adds it. Whoever hears is quick."""
        with self._lock:
            for line in self._path.read_text().splitlines():
                heard(json.loads(line))
            self._heard = heard

    def tell_nobody(self) -> None:
        """Have events told no longer."""
        self._heard = lambda _: None

    def add(self, kind: str, *, at_us: int | None = None, **detail: object) -> int:
        """Write one event and return its time, in microseconds since the epoch."""
        at_us = now_us() if at_us is None else at_us
        self._write({"at_us": at_us, "kind": kind, **detail})
        return at_us

    def note(self, kind: str, detail: Sighting) -> None:
        """Write an event of now with all that somebody has to tell of it."""
        self._write({"at_us": now_us(), "kind": kind, **detail})

    def _write(self, event: Mapping[str, object]) -> None:
        line = json.dumps(event, default=str)
        with self._lock:
            self._file.write(line + "\n")
            heard = self._heard
        heard(event)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
