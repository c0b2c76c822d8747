"""The wall clock in the one unit that is stored: integer microseconds since the Unix epoch, UTC.

A process may be told to live in another time (`set_offset`), as a host with a broken NTP does. Everything that it
stamps or signs by the clock then does. Timers and timeouts do not, since they run on the monotonic clock; and neither
does what one process tells another through the books (leases, due times, expiry, when an outcome was recorded): that
is told in `shared_us`.
"""

import time
from datetime import UTC, datetime

_offset_us = 0
_anchor: tuple[int, int] | None = None


def now_us() -> int:
    """Now by this process's clock, in microseconds since the epoch."""
    return time.time_ns() // 1000 + _offset_us


def follow(database_us: int) -> None:
    """Note what time it is at the database, just asked."""
    global _anchor
    _anchor = (database_us, time.monotonic_ns())


def shared_us() -> int:
    """Now by the clock that all processes share, the database's, in microseconds since the epoch.

    Carried on by the monotonic clock since it was last asked, so that this process's own clock may jump as it likes.
    Our own until the database was asked for the first time.
    """
    if _anchor is None:
        return now_us()
    return _anchor[0] + (time.monotonic_ns() - _anchor[1]) // 1000


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
