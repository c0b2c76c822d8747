"""`make test`: all tests but the thorough ones, in two halves at once. `python -m tests.halves`

The end-to-end half mostly waits for platforms, the other half mostly computes; side by side they take little longer
than the longer of them. The end-to-end half goes first where both want the processor, because its promises have times
in them. Its output is shown as it comes; the other half's when both are done. Exit code 0 only when both halves passed.
"""

import subprocess
import sys
import tempfile
from typing import IO

PLATFORMS = "e2e and not thorough"
REST = "not e2e and not thorough"
LESS_URGENT = 5
"""How much nicer the other half is."""


def pytest(marks: str, output: IO[str] | None = None) -> "subprocess.Popen[str]":
    """Start a half, with the options of the command line."""
    command = [sys.executable, "-m", "pytest", "-m", marks, *sys.argv[1:]]
    if output is None:
        return subprocess.Popen(command, text=True)
    return subprocess.Popen(["nice", "-n", str(LESS_URGENT), *command], text=True, stdout=output, stderr=output)


def main() -> int:
    """Run both halves and return the exit code."""
    with tempfile.TemporaryFile("w+") as kept, pytest(REST, kept) as rest, pytest(PLATFORMS) as platforms:
        print("two halves at once: what starts a platform is shown now, the rest when both are done", file=sys.stderr)
        try:
            codes = [platforms.wait(), rest.wait()]
        except KeyboardInterrupt:
            # Ctrl-C reached both halves too; they stop their platforms and end.
            platforms.wait()
            rest.wait()
            return 130
        kept.seek(0)
        sys.stdout.write(kept.read())
        sys.stdout.flush()
    return next((code for code in codes if code != 0), 0)


if __name__ == "__main__":
    sys.exit(main())
