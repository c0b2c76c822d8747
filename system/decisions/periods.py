"""When the periods of a subscription begin: each computed from the anchor, never from the period before. Pure.

The rule, as docs/subscriptions.md publishes it: period k begins at the anchor's wall-clock time in the subscription's
zone, k intervals later by the calendar. A day that the month does not have becomes its last one. A time that clocks
leave out is as much later as they are put forward; of one that they show twice the first counts.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = 12
_NOMINAL_US = {"day": 86_400_000_000, "week": 604_800_000_000, "month": 2_629_746_000_000, "year": 31_556_952_000_000}
"""About as long as each unit is, to guess which period a moment lies in."""


class Unit(StrEnum):
    """What an interval is counted in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Cadence:
    """`count` units from one period to the next, told by the clocks of `zone`, from `anchor_us` on."""

    anchor_us: int
    zone: str
    unit: Unit
    count: int


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def moment(at_us: int) -> datetime:
    """Microseconds since the epoch as a moment in UTC, exactly."""
    return _EPOCH + timedelta(microseconds=at_us)


def in_us(at: datetime) -> int:
    """A moment with a zone in microseconds since the epoch, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def boundary_us(cadence: Cadence, k: int) -> int:
    """When period ``k`` (from 0) begins, which is when the one before it ends, in microseconds since the epoch."""
    if k == 0:
        return cadence.anchor_us
    zone = _zone(cadence.zone)
    wall = moment(cadence.anchor_us).astimezone(zone).replace(tzinfo=None, fold=0)
    return in_us(_later(wall, cadence.unit, k * cadence.count).replace(tzinfo=zone).astimezone(UTC))


def _later(wall: datetime, unit: Unit, steps: int) -> datetime:
    match unit:
        case Unit.DAY:
            return wall + timedelta(days=steps)
        case Unit.WEEK:
            return wall + timedelta(weeks=steps)
        case Unit.MONTH:
            return _months_later(wall, steps)
        case Unit.YEAR:
            return _months_later(wall, steps * _MONTHS)


def _months_later(wall: datetime, months: int) -> datetime:
    years, month = divmod(wall.month - 1 + months, _MONTHS)
    year, month = wall.year + years, month + 1
    return wall.replace(year=year, month=month, day=min(wall.day, monthrange(year, month)[1]))


def days_later_us(at_us: int, zone: str, days: int) -> int:
    """The same time of day ``days`` days later, by the clocks of the zone."""
    return boundary_us(Cadence(at_us, zone, Unit.DAY, days), 1) if days else at_us


def period_of(cadence: Cadence, at_us: int) -> int:
    """The number of the period that a moment lies in; -1 before the anchor."""
    if at_us < cadence.anchor_us:
        return -1
    k = max(0, (at_us - cadence.anchor_us) // (_NOMINAL_US[cadence.unit] * cadence.count) - 1)
    while boundary_us(cadence, k) > at_us:
        k -= 1
    while boundary_us(cadence, k + 1) <= at_us:
        k += 1
    return k
