"""Wall-clock microseconds that never jump: CLOCK_REALTIME read once, CLOCK_MONOTONIC ever after."""

import time


class Clock:
    """Microseconds since the Unix epoch (UTC), advancing with CLOCK_MONOTONIC from the moment it was made."""

    def __init__(self) -> None:
        self._offset_us = time.time_ns() // 1000 - time.monotonic_ns() // 1000

    def now_us(self) -> int:
        """Return the time now."""
        return self._offset_us + time.monotonic_ns() // 1000

    def monotonic_ns(self, at_us: int) -> int:
        """Return the CLOCK_MONOTONIC nanoseconds of a wall-clock time."""
        return (at_us - self._offset_us) * 1000
