"""The wall clock in the one unit that is stored: integer microseconds since the Unix epoch, UTC.

A process may be told to live in another time (`set_offset`), as a host with a broken NTP does. Everything that it
stamps or signs by the clock then does. Timers and timeouts do not, since they run on the monotonic clock; and neither
does what one process tells another through the books (leases, due times, expiry, when an outcome was recorded): that
is told in `shared_us`.

A third time is the application's (`app_us`): the shared clock and an offset that the database keeps, which a test
platform's operator moves forward, so that a night, a weekend or a month passes at once. What a calendar decides takes
it (business dates, billing periods, retention, what a bank does days later), in SQL `pay.app_now_us()`. Whatever
measures how long something really took, or was really left alone, does not: leases, heartbeats, breakers, back-off,
timeouts, a gateway's memory of keys and its holds, and when something was recorded. Those are `shared_us`.
"""

import time
from datetime import UTC, datetime

_offset_us = 0
_anchor: tuple[int, int] | None = None
_app_offset_us = 0


def now_us() -> int:
    """Now by this process's clock, in microseconds since the epoch."""
    return time.time_ns() // 1000 + _offset_us


def follow(database_us: int, asked_ns: int) -> None:
    """Note what time it is at the database, which was asked at `asked_ns` of the monotonic clock and answered now.

    It looked at its clock somewhere in between, so a slow answer says little: a clock that may be right by it stays as
    it is, and any other moves no further than it must. The first answer is taken to have been half-way (Cristian 1989).
    """
    global _anchor
    heard_ns = time.monotonic_ns()
    latest_us = database_us + (heard_ns - asked_ns) // 1000
    guess_us = (database_us + latest_us) // 2 if _anchor is None else _carried_on(_anchor, heard_ns)
    _anchor = (min(max(guess_us, database_us), latest_us), heard_ns)


def _carried_on(anchor: tuple[int, int], at_ns: int) -> int:
    return anchor[0] + (at_ns - anchor[1]) // 1000


def shared_us() -> int:
    """Now by the clock that all processes share, the database's, in microseconds since the epoch.

    Carried on by the monotonic clock since it was last asked, so that this process's own clock may jump as it likes.
    Our own until the database was asked for the first time.
    """
    if _anchor is None:
        return now_us()
    return _carried_on(_anchor, time.monotonic_ns())


def follow_app(offset_us: int) -> None:
    """Note how far the application's time is ahead of the shared clock, as the database has it."""
    global _app_offset_us
    _app_offset_us = offset_us


def app_us() -> int:
    """Now by the application's clock, in microseconds since the epoch: what calendars, periods and retention take."""
    return shared_us() + _app_offset_us


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
