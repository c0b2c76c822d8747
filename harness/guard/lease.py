"""The lease: a file that a living harness touches every second. One that is stopped, hung or dead does not."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

LEASE_S = 10.0
_RENEW_EVERY_S = 1.0


class Lease:
    """Renewed by a thread while it is held. The guard takes it away after 10 s without."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stopping = threading.Event()
        self._renewed_s = time.monotonic()
        self.stood_still_s = 0.0
        """How long nothing had been renewed when the loss of the lease was noticed, in seconds."""
        self._lost = threading.Event()
        self._thread: threading.Thread | None = None

    def check_lost(self) -> bool:
        """Tell whether the guard has judged this harness dead and cleaned up behind it."""
        if not self._lost.is_set() and not self._is_mine():
            self.stood_still_s = time.monotonic() - self._renewed_s
            self._lost.set()
        return self._lost.is_set()

    def take(self) -> None:
        """Begin to hold and renew it."""
        self._path.write_text(_holder())
        self._renewed_s = time.monotonic()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def give_back(self) -> None:
        """Stop renewing and remove the file."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
        if self._is_mine():
            self._path.unlink(missing_ok=True)

    def _is_mine(self) -> bool:
        try:
            return self._path.read_text() == _holder()
        except FileNotFoundError:
            return False

    def _renew(self) -> None:
        while not self._stopping.wait(_RENEW_EVERY_S):
            if self.check_lost():
                return
            with suppress(FileNotFoundError):
                os.utime(self._path)
                self._renewed_s = time.monotonic()


def _holder() -> str:
    return f"{os.getpid()}\n"


def age_s(path: Path) -> float | None:
    """Return how long ago the lease was renewed, None when there is no lease."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return None
