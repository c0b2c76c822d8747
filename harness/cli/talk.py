"""Talk to the person at the terminal: progress and errors, on stderr, readable without colour."""

import os
import sys
import time

from rich.console import Console

from harness.core.errors import FaultlineError


class Talker:
    """Prints progress. On a terminal, short-lived lines overwrite each other; elsewhere, one line every few seconds."""

    QUIET_S = 5.0

    def __init__(self) -> None:
        self._live = sys.stderr.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self._start = time.monotonic()
        self._said_at = 0.0
        self._last = ""
        self._open = False

    def progress(self, text: str) -> None:
        """Say what is going on now."""
        stamp = f"[{time.monotonic() - self._start:6.1f} s] {text}"
        if self._live:
            sys.stderr.write("\r\x1b[2K" + stamp)
            self._open = True
        elif self._worth_a_line(text):
            sys.stderr.write(stamp + "\n")
        sys.stderr.flush()

    def line(self, text: str = "") -> None:
        """Say something that stays."""
        self.end()
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Close a line that was being overwritten."""
        if self._open:
            sys.stderr.write("\r\x1b[2K")
            self._open = False

    def _worth_a_line(self, text: str) -> bool:
        kind = text.split(" ", 1)[0]
        now = time.monotonic()
        if kind == self._last and now - self._said_at < self.QUIET_S:
            return False
        self._last, self._said_at = kind, now
        return True


def report_error(error: FaultlineError) -> None:
    """Print an error on stderr: what was wrong, what else was, then the hint, each on a line of its own."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    console.print(f"error: {error}")
    for note in getattr(error, "__notes__", ()):
        console.print(note)
    if error.hint:
        console.print(f"hint: {error.hint}")
