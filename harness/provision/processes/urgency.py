"""A generator that waits for a processor measures the machine, not the system under test.

It needs a few percent of a processor, but at the planned moments. Where the platform shares two processors with it, it
waited up to 180 ms for one while containers started. So it asks to be run first.
"""

import contextlib
import os
from pathlib import Path

STEPS = 11
"""How many steps of niceness: eleven are about twelve times the weight (see sched(7))."""

_GROUP = Path("/proc/self/autogroup")


def hurry() -> int:
    """Have the kernel run this process, and its session where it is its own, before others; return its niceness then.

    Only root may, and only Linux weighs whole sessions ("The autogroup feature" in sched(7)). Without either, nothing
    changes, and how late the arrivals were is measured all the same.
    """
    with contextlib.suppress(OSError):
        os.nice(-STEPS)
    with contextlib.suppress(OSError, ValueError, IndexError):
        if os.getsid(0) in (os.getpid(), os.getppid()):
            now = int(_GROUP.read_text().split()[-1])
            _GROUP.write_text(str(max(-20, now - STEPS)))
    return os.getpriority(os.PRIO_PROCESS, 0)
