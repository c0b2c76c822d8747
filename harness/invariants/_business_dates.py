"""Business dates as the judge reckons them: the merchant's wall clock, its cut-off, and the days on which banks settle.

The rules are those that the banks publish, written down here a second time on purpose: judge and platform share no
table. Federal Reserve (frbservices.org, holiday schedules): a holiday on a Sunday closes the Monday after it, and
one on a Saturday closes nothing. TARGET (ecb.europa.eu, closing days): New Year, Good Friday, Easter Monday, 1 May, 25
and 26 December. Other currencies: Monday to Friday.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Terms:
    """What was agreed with a merchant: by whose wall clock (IANA) and at which second of the day its day closes."""

    zone: str
    cutoff_s: int


def _nth_weekday(day: date) -> int:
    return (day.day - 1) // 7 + 1


def _fed_closed(day: date) -> bool:
    sunday_before = day.weekday() == 0 and _fed_fixed(day - _DAY)
    floating = {
        (1, 0): _nth_weekday(day) == 3,
        (2, 0): _nth_weekday(day) == 3,
        (5, 0): (day + 7 * _DAY).month == 6,
        (9, 0): _nth_weekday(day) == 1,
        (10, 0): _nth_weekday(day) == 2,
        (11, 3): _nth_weekday(day) == 4,
    }
    return _fed_fixed(day) or sunday_before or floating.get((day.month, day.weekday()), False)


def _fed_fixed(day: date) -> bool:
    return (day.month, day.day) in {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}


def _target_closed(day: date) -> bool:
    easter = _easter(day.year)
    fixed = (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}
    return fixed or day in (easter - 2 * _DAY, easter + _DAY)


@cache
def _easter(year: int) -> date:
    """Easter Sunday by Gauss's rule with its two exceptions, as corrected in 1816."""
    a, b, c = year % 19, year % 4, year % 7
    k = year // 100
    m = (15 + k - (13 + 8 * k) // 25 - k // 4) % 30
    d = (19 * a + m) % 30
    e = (2 * b + 4 * c + 6 * d + 4 + k - k // 4) % 7
    if d == 29 and e == 6:
        return date(year, 4, 19)
    if d == 28 and e == 6 and (11 * m + 11) % 30 < 19:
        return date(year, 4, 18)
    return date(year, 3, 22) + (d + e) * _DAY


def _open_always(_day: date) -> bool:
    return False


_CLOSED: dict[str, Callable[[date], bool]] = {"USD": _fed_closed, "EUR": _target_closed}


@cache
def is_business_day(currency: str, day: date) -> bool:
    """Tell whether the currency's banks settle on this day."""
    return day.weekday() < 5 and not _CLOSED.get(currency, _open_always)(day)


@cache
def cutoff_us(terms: Terms, day: date) -> int:
    """Return the moment at which a day closes, in microseconds. Of two readings of the wall clock it is the later."""
    local = datetime.combine(day, time()) + timedelta(seconds=terms.cutoff_s)
    readings = (local.replace(tzinfo=ZoneInfo(terms.zone), fold=fold) for fold in (0, 1))
    return max((reading.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) for reading in readings)


def business_date(terms: Terms, currency: str, at_us: int) -> date:
    """Return the business date of a moment of the application's time."""
    day = (_EPOCH + timedelta(microseconds=at_us)).astimezone(ZoneInfo(terms.zone)).date()
    if at_us >= cutoff_us(terms, day):
        day += _DAY
    while not is_business_day(currency, day):
        day += _DAY
    return day
