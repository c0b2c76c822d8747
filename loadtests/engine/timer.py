"""A kernel timer that can be waited for like a socket: nanoseconds, absolute, on CLOCK_MONOTONIC.

gevent's own timers count whole milliseconds. Python has `os.timerfd_create` from 3.13; before, ctypes calls libc.
"""

import ctypes
import os
import sys
import time

_NS = 1_000_000_000
_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000
_ABSOLUTE = 1


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


def _libc_call(name: str, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(getattr(libc, name)(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


class Timer:
    """One timer. `descriptor` becomes readable when it has expired; `arm` and `drain` start it over."""

    def __init__(self) -> None:
        """Create it, disarmed. Raises `OSError` where the system has no timerfd (it is Linux's)."""
        if sys.version_info >= (3, 13):
            self.descriptor = os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
        else:
            self.descriptor = _libc_call("timerfd_create", time.CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
            self._setting = _Itimerspec()
            self._settime = ctypes.CDLL(None, use_errno=True).timerfd_settime

    def arm(self, monotonic_ns: int) -> None:
        """Expire at that time of CLOCK_MONOTONIC, at once where it has passed."""
        monotonic_ns = max(1, monotonic_ns)
        if sys.version_info >= (3, 13):
            os.timerfd_settime_ns(self.descriptor, flags=os.TFD_TIMER_ABSTIME, initial=monotonic_ns)
        else:
            self._setting.value.seconds, self._setting.value.nanoseconds = divmod(monotonic_ns, _NS)
            if self._settime(self.descriptor, _ABSOLUTE, ctypes.byref(self._setting), None) < 0:
                raise OSError(ctypes.get_errno(), "timerfd_settime")

    def drain(self) -> None:
        """Take note of the expiry, so that the descriptor is no longer readable."""
        try:
            os.read(self.descriptor, 8)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)
