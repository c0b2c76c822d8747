"""On which days banks settle: the Federal Reserve's holidays and TARGET's, by their published rules.

- Federal Reserve (frbservices.org, "Federal Reserve Bank Holiday Schedules"): eleven holidays. One that falls on a
  Sunday closes the Monday after it; for one that falls on a Saturday the banks are open on the Friday before. Libraries
  of federal holidays close that Friday, on which the Federal Reserve settles (for example 2026-07-03).
- TARGET (ecb.europa.eu, "TARGET closing days"): 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December. None
  of them moves.

Weekends are no business days either; they are no holidays and not listed here.
"""

from datetime import date, timedelta

MONDAY, THURSDAY, SUNDAY = 0, 3, 6
FED, TARGET = "fed", "target"
JUNETEENTH_SINCE = 2022
"""The first year in which the Federal Reserve Banks closed on 19 June (in 2021 it fell on a Saturday)."""


def holidays(calendar: str, year: int) -> frozenset[date]:
    """The days of a year on which this calendar's banks are closed, weekends aside. KeyError for another calendar."""
    return {FED: _fed, TARGET: _target}[calendar](year)


def _fed(year: int) -> frozenset[date]:
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= JUNETEENTH_SINCE:
        fixed.append(date(year, 6, 19))
    observed = [day + timedelta(days=1) if day.weekday() == SUNDAY else day for day in fixed]
    floating = (
        _nth(year, 1, MONDAY, 3),
        _nth(year, 2, MONDAY, 3),
        _nth(year, 6, MONDAY, 1) - timedelta(days=7),
        _nth(year, 9, MONDAY, 1),
        _nth(year, 10, MONDAY, 2),
        _nth(year, 11, THURSDAY, 4),
    )
    return frozenset((*observed, *floating))


def _target(year: int) -> frozenset[date]:
    easter = easter_sunday(year)
    moving = (easter - timedelta(days=2), easter + timedelta(days=1))
    return frozenset((date(year, 1, 1), *moving, date(year, 5, 1), date(year, 12, 25), date(year, 12, 26)))


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday of a month. The last Monday of May is the one a week before June's first."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def easter_sunday(year: int) -> date:
    """Easter Sunday in the Gregorian calendar, by the anonymous algorithm (Meeus 1991, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)
