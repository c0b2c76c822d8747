"""`make test`: all tests but the thorough ones, in two halves at once. `python -m tests.halves`

The end-to-end half mostly waits for platforms, the other half mostly computes; side by side they take little longer
than the longer of them. The end-to-end half's promises have times in them, so the other half only has what it leaves of
the processor. Its output is shown as it comes; the other half's when both are done. Exit code 0 only when both halves
passed.
"""

import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

PLATFORMS = "e2e and not thorough"
REST = "not e2e and not thorough"
LESS_URGENT = 10
"""How much nicer the half is that stands back: it still has a tenth of a processor that both want."""

LOOK_S = 0.5
"""How often it is looked for new sessions."""


def pytest(marks: str, output: IO[str] | None = None) -> "subprocess.Popen[str]":
    """Start a half, with the options of the command line; the one whose output is kept stands back."""
    command = [sys.executable, "-m", "pytest", "-m", marks, *sys.argv[1:]]
    if output is None:
        return subprocess.Popen(command, text=True)
    half = subprocess.Popen(
        ["nice", "-n", str(LESS_URGENT), *command], text=True, stdout=output, stderr=output, start_new_session=True
    )
    threading.Thread(target=hold_back, args=(half.pid,), daemon=True).start()
    return half


def hold_back(pid: int) -> None:
    """Keep every session that a process and its children begin as patient as their processes, until it ends.

    Linux shares the processor among sessions before it looks at how nice their processes are, and a new session begins
    with a full share. Elsewhere, and where a kernel does not do that, being nice is enough.
    """
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        while first.is_running() and first.status() != psutil.STATUS_ZOMBIE:
            for process in (first, *first.children(recursive=True)):
                group = Path(f"/proc/{process.pid}/autogroup")
                with suppress(OSError, IndexError):
                    if group.read_text().split()[-1] != str(LESS_URGENT):
                        group.write_text(str(LESS_URGENT))
            time.sleep(LOOK_S)


def main() -> int:
    """Run both halves and return the exit code."""
    with tempfile.TemporaryFile("w+") as kept, pytest(REST, kept) as rest, pytest(PLATFORMS) as platforms:
        print("two halves at once: what starts a platform is shown now, the rest when both are done", file=sys.stderr)
        try:
            codes = [platforms.wait(), rest.wait()]
        except KeyboardInterrupt:
            # Ctrl-C reached the end-to-end half too, but not the other, which is in a session of its own.
            rest.send_signal(signal.SIGINT)
            platforms.wait()
            rest.wait()
            return 130
        kept.seek(0)
        sys.stdout.write(kept.read())
        sys.stdout.flush()
    return next((code for code in codes if code != 0), 0)


if __name__ == "__main__":
    sys.exit(main())
