"""Wall-clock microseconds that never jump: CLOCK_REALTIME read once, CLOCK_MONOTONIC ever after.

A worker on another host is told what the harness's clock said at the zero of its own CLOCK_MONOTONIC instead, so that
the histories of all hosts tell one time.
"""

import time


class Clock:
    """Microseconds since the Unix epoch (UTC), advancing with CLOCK_MONOTONIC from the moment it was made.

    `zero_us` is the time at CLOCK_MONOTONIC's zero; 0 means by this host's own CLOCK_REALTIME.
    """

    def __init__(self, zero_us: int = 0) -> None:
        self._offset_us = zero_us or time.time_ns() // 1000 - time.monotonic_ns() // 1000

    def now_us(self) -> int:
        """Return the time now."""
        return self._offset_us + time.monotonic_ns() // 1000

    def monotonic_ns(self, at_us: int) -> int:
        """Return the CLOCK_MONOTONIC nanoseconds of a wall-clock time."""
        return (at_us - self._offset_us) * 1000
