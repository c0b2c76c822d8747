"""A worker ends with the process that started it: nobody would stop it otherwise."""

import ctypes
import os
import signal

_PARENT_DEATH_SIGNAL = 1


def end_with(parent: int) -> None:
    """Have the kernel end this process (SIGTERM) when its parent dies, even by SIGKILL; `parent` is the parent's pid.

    Where the parent died before the kernel was asked, this process has another one by now, and ends at once. Which one
    does not tell: in a container the parent itself may be process 1.
    """
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
