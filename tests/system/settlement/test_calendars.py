"""Bank holidays, by the platform's rules and by the judge's, which share nothing."""

from datetime import date, timedelta

import pytest

from harness.invariants._business_dates import is_business_day
from system.settlement.calendars import FED, TARGET, easter_sunday, holidays

YEARS = range(2022, 2053)


@pytest.mark.parametrize(("calendar", "currency"), [(FED, "USD"), (TARGET, "EUR")])
def test_platform_and_judge_close_on_the_same_days(calendar: str, currency: str) -> None:
    for year in YEARS:
        closed, day = holidays(calendar, year), date(year, 1, 1)
        while day.year == year:
            assert is_business_day(currency, day) == (day.weekday() < 5 and day not in closed), day
            day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "settles"),
    [
        (date(2026, 7, 3), True),  # the Friday before a Saturday's Independence Day
        (date(2026, 7, 6), True),
        (date(2027, 7, 5), False),  # the Monday after a Sunday's
        (date(2027, 12, 31), True),  # the Friday before a Saturday's New Year
        (date(2026, 5, 25), False),  # the last Monday of May, seven days before the first of June
        (date(2026, 11, 27), True),  # the day after Thanksgiving
    ],
)
def test_on_which_days_the_federal_reserve_settles(day: date, settles: bool) -> None:
    assert is_business_day("USD", day) == settles
    assert (day not in holidays(FED, day.year)) == settles


def test_targets_closing_days_of_2026_are_those_that_were_published() -> None:
    days = ((1, 1), (4, 3), (4, 6), (5, 1), (12, 25), (12, 26))
    assert sorted(holidays(TARGET, 2026)) == [date(2026, month, day) for month, day in days]


@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2025, 4, 20), date(2038, 4, 25), date(2049, 4, 18)])
def test_easter(day: date) -> None:
    assert easter_sunday(day.year) == day
