"""Periods against an independent oracle: dateutil's calendar and its own rules for imaginary and repeated times."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from system.decisions.periods import Cadence, Unit, boundary_us, days_later_us, in_us, moment, period_of

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Africa/Casablanca", "Pacific/Auckland", "America/Nuuk", "Asia/Tokyo",
)  # fmt: skip
STEPS = {
    Unit.DAY: lambda steps: relativedelta(days=steps),
    Unit.WEEK: lambda steps: relativedelta(weeks=steps),
    Unit.MONTH: lambda steps: relativedelta(months=steps),
    Unit.YEAR: lambda steps: relativedelta(years=steps),
}
anchors = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: in_us(at.replace(tzinfo=UTC)))
cadences = st.builds(Cadence, anchors, st.sampled_from(ZONES), st.sampled_from(Unit), st.integers(1, 13))


def told_by_dateutil(cadence: Cadence, k: int) -> int:
    zone = tz.gettz(cadence.zone)
    wall = moment(cadence.anchor_us).astimezone(zone).replace(tzinfo=None, fold=0)
    later = (wall + STEPS[cadence.unit](k * cadence.count)).replace(tzinfo=zone)
    return in_us(tz.resolve_imaginary(later).astimezone(UTC))


@given(cadences, st.integers(1, 60))
def test_a_boundary_is_where_dateutil_puts_it(cadence: Cadence, k: int) -> None:
    assert boundary_us(cadence, k) == told_by_dateutil(cadence, k)


@given(cadences, st.integers(0, 60))
def test_periods_follow_one_another_and_none_is_empty(cadence: Cadence, k: int) -> None:
    assert boundary_us(cadence, 0) == cadence.anchor_us
    assert boundary_us(cadence, k) < boundary_us(cadence, k + 1)


@given(cadences, st.integers(0, 400_000_000_000_000))
def test_every_moment_lies_in_the_period_that_it_is_said_to_lie_in(cadence: Cadence, after_us: int) -> None:
    at_us = cadence.anchor_us + after_us
    k = period_of(cadence, at_us)
    assert boundary_us(cadence, k) <= at_us < boundary_us(cadence, k + 1)
    assert period_of(cadence, cadence.anchor_us - 1) == -1


def at(text: str, zone: str = "UTC") -> int:
    return in_us(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))


def local(cadence: Cadence, k: int) -> str:
    return moment(boundary_us(cadence, k)).astimezone(ZoneInfo(cadence.zone)).strftime("%Y-%m-%d %H:%M")


def test_the_31st_comes_back_after_shorter_months() -> None:
    cadence = Cadence(at("2023-12-31T09:00", "Europe/Berlin"), "Europe/Berlin", Unit.MONTH, 1)
    days = [local(cadence, k)[5:10] for k in range(1, 6)]
    assert days == ["01-31", "02-29", "03-31", "04-30", "05-31"]


def test_a_leap_days_year_ends_on_the_28th_and_comes_back() -> None:
    cadence = Cadence(at("2024-02-29T00:00"), "UTC", Unit.YEAR, 1)
    assert [local(cadence, k)[:10] for k in (1, 3, 4)] == ["2025-02-28", "2027-02-28", "2028-02-29"]


@pytest.mark.parametrize(
    ("start", "lengths_h"),
    [
        # 02:30 does not exist on 31 March 2024: clocks go from 02:00 to 03:00, so it is 03:30 that day.
        ("2024-03-30T02:30", [24, 23, 24]),
        # 02:30 comes twice on 27 October 2024, and the first counts.
        ("2024-10-26T02:30", [24, 25, 24]),
    ],
)
def test_days_are_as_long_as_clocks_make_them(start: str, lengths_h: list[int]) -> None:
    cadence = Cadence(at(start, "Europe/Berlin"), "Europe/Berlin", Unit.DAY, 1)
    seen = [moment(boundary_us(cadence, k + 1)) - moment(boundary_us(cadence, k)) for k in range(3)]
    assert seen == [timedelta(hours=hours) for hours in lengths_h]


def test_an_anchor_in_the_second_of_two_equal_hours_stays_where_it_is() -> None:
    second = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    cadence = Cadence(in_us(second), "Europe/Berlin", Unit.DAY, 1)
    assert moment(boundary_us(cadence, 0)) == second.astimezone(UTC)
    assert local(cadence, 1) == "2024-10-28 02:30"


def test_a_trial_ends_at_the_same_time_of_day() -> None:
    start = at("2024-03-30T12:00", "Europe/Berlin")
    assert days_later_us(start, "Europe/Berlin", 7) - start == timedelta(days=7, hours=-1) // timedelta(microseconds=1)
    assert days_later_us(start, "Europe/Berlin", 0) == start
