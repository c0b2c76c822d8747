"""A process that lives no longer than the one who started it.

Its standard input is a pipe that nobody writes to. When that closes, for whatever reason (`kill -9` included), the
process heals and ends as after SIGTERM.
"""

import os
import signal
import threading
from collections.abc import Mapping

BOUND = "FAULTLINE_ENDS_WITH_STDIN"
"""Set in the environment of such a process."""


def end_with_stdin(environ: Mapping[str, str] = os.environ) -> None:
    """In a bound process: end as after SIGTERM when standard input closes. Does nothing for any other process."""
    if BOUND in environ:
        threading.Thread(target=_wait_for_the_end, name="ends-with-stdin", daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
