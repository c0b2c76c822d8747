"""The wall clock in the one unit that is stored: integer microseconds since the Unix epoch, UTC."""

import time
from datetime import UTC, datetime


def now_us() -> int:
    """Now, in microseconds since the epoch."""
    return time.time_ns() // 1000


def in_us(seconds: float) -> int:
    """A duration in microseconds."""
    return int(seconds * 1_000_000)


def iso(at_us: int) -> str:
    """RFC 3339 in UTC with microseconds, for example ``2026-01-31T12:00:00.000001Z``."""
    seconds, micros = divmod(at_us, 1_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"
