"""The wall clock in the one unit that is stored: integer microseconds since the Unix epoch, UTC.

A process may be told to live in another time (`set_offset`), as a host with a broken NTP does. Everything that it
decides or writes by the clock then does: leases, key expiry, signatures, timestamps. Timers and timeouts do not, since
they run on the monotonic clock.
"""

import time
from datetime import UTC, datetime

_offset_us = 0


def now_us() -> int:
    """Now by this process's clock, in microseconds since the epoch."""
    return time.time_ns() // 1000 + _offset_us


def set_offset(seconds: float) -> None:
    """Let this process's clock jump to `seconds` before (negative) or after the host's."""
    global _offset_us
    _offset_us = in_us(seconds)


def offset_s() -> float:
    """How many seconds this process's clock is ahead of the host's."""
    return _offset_us / 1e6


def in_us(seconds: float) -> int:
    """A duration in microseconds."""
    return int(seconds * 1_000_000)


def iso(at_us: int) -> str:
    """RFC 3339 in UTC with microseconds, for example ``2026-01-31T12:00:00.000001Z``."""
    seconds, micros = divmod(at_us, 1_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"
