"""A process that lives no longer than the one who started it.

Its standard input is a pipe that nobody writes to. When that closes, for whatever reason (`kill -9` included), the
process heals and ends as after SIGTERM.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO

BOUND = "FAULTLINE_ENDS_WITH_STDIN"
"""Set in the environment of such a process."""


def command(*arguments: str) -> list[str]:
    """Return the command line of `faultline` in this very interpreter."""
    return [sys.executable, "-m", "harness.cli.main", *arguments]


def start_bound(arguments: Sequence[str], environment: Mapping[str, str], printed: IO[str]) -> "subprocess.Popen[str]":
    """Start a `faultline` that ends when its standard input is closed, or when this process is gone.

    Its standard output goes to `printed`, its standard error is a pipe. `environment` is added to ours.
    """
    return subprocess.Popen(
        command(*arguments),
        env={**os.environ, **environment, BOUND: "1"},
        stdin=subprocess.PIPE,
        stdout=printed,
        stderr=subprocess.PIPE,
        text=True,
        # A terminal's Ctrl-C reaches the one who asked; this process hears of it once, by its pipe.
        start_new_session=True,
    )


def end_with_stdin(environ: Mapping[str, str] = os.environ) -> None:
    """In a bound process: end as after SIGTERM when standard input closes. Does nothing for any other process."""
    if BOUND in environ:
        threading.Thread(target=_wait_for_the_end, name="ends-with-stdin", daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
