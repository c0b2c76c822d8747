"""The guard: a process of its own that outlives its harness by exactly one clean-up.

It holds the reading end of a pipe whose writing end only the harness holds. A line `bye` means that the harness has
cleaned up itself. The end of the pipe without it, or a lease that nobody renewed for 10 s, means that it could not.
"""

import os
import select
import signal
import sys
import time
from contextlib import suppress

from harness.guard.clean import clean_up
from harness.guard.lease import LEASE_S, age_s
from harness.workspace import Workspace, lock_is_current

_LOOK_EVERY_S = 0.5
READY = "ready\n"
BYE = b"bye\n"


def guard(workspace: Workspace, *, lock: int, lease_s: float = LEASE_S) -> None:
    """Watch the harness on standard input until it says goodbye or must be cleaned up behind.

    `lock` is the harness's open lock file. It stays open until this process ends, and with it the lock is held.
    """
    # Ctrl-C and a closed terminal are for the harness: whoever ends it, the guard still has work to do.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Not through sys.stdout: a harness that is dead already must not end its guard.
    with suppress(OSError):
        os.write(sys.stdout.fileno(), READY.encode())
    reason = _watch(workspace, lease_s)
    if reason and workspace.lock_file.exists() and not lock_is_current(workspace.lock_file, lock):
        _tell(f"the harness {reason}, but somebody removed its lock and another has the workspace: leaving it alone")
    elif reason:
        _tell(f"the harness {reason}: cleaning up")
        clean_up(workspace, _tell)


def _watch(workspace: Workspace, lease_s: float) -> str:
    """Return why the harness must be cleaned up behind; empty when it said goodbye."""
    pipe = sys.stdin.fileno()
    missing_since: float | None = None
    while True:
        readable, _, _ = select.select([pipe], [], [], _LOOK_EVERY_S)
        if readable:
            received = os.read(pipe, 64)
            return "" if received == BYE else "died"
        age = age_s(workspace.lease_file)
        if age is not None:
            missing_since = None
            if age > lease_s:
                return f"has not renewed its lease for {age:.0f} s"
        else:
            # The lease is taken right after the guard is ready, and given back right before the goodbye.
            missing_since = missing_since or time.monotonic()
            if time.monotonic() - missing_since > lease_s:
                return "holds no lease"


def _tell(line: str) -> None:
    # A full disk must not stop the clean-up. Unbuffered, so that nothing is left to fail at the end either.
    with suppress(OSError):
        os.write(sys.stderr.fileno(), f"{time.strftime('%H:%M:%S')} {line}\n".encode())
