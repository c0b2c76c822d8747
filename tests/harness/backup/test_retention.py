"""Daily, weekly and monthly retention, with a clock that is moved."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.backup.retention import Kept, Retention, kept
from harness.core.errors import UsageError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def nightly(days: int) -> list[Kept]:
    return [Kept(f"d{n}", NOON + timedelta(days=n)) for n in range(days)]


def test_a_year_of_nights_leaves_seven_days_four_weeks_and_twelve_months() -> None:
    backups, now = nightly(366), NOON + timedelta(days=365)
    left = sorted(
        (NOON + timedelta(days=int(one[1:]))).date().isoformat() for one in kept(backups, Retention(7, 4, 12), now)
    )
    days = [f"2027-02-{day}" for day in (23, 24, 25, 26, 27, 28)] + ["2027-03-01"]
    weeks = ["2027-02-14", "2027-02-21", "2027-02-28", "2027-03-01"]
    months = [f"2026-{month:02d}-{day}" for month, day in
              ((4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31))]  # fmt: skip
    months += ["2027-01-31", "2027-02-28", "2027-03-01"]
    assert left == sorted({*days, *weeks, *months})


def test_thinning_every_night_keeps_the_same_as_thinning_once() -> None:
    rule, left = Retention(3, 2, 2), []
    for item in nightly(120):
        left.append(item)
        staying = kept(left, rule, item.made_at)
        left = [each for each in left if each.id in staying]
    at_once = kept(nightly(120), rule, left[-1].made_at)
    assert {item.id for item in left} == at_once


def test_the_full_backup_stays_as_long_as_an_increment_on_it() -> None:
    backups = [Kept("full", NOON), Kept("one", NOON + timedelta(days=5), "full"),
               Kept("two", NOON + timedelta(days=6), "one")]  # fmt: skip
    assert kept(backups, Retention(1, 0, 0), NOON + timedelta(days=6)) == {"full", "one", "two"}


def test_a_clock_that_went_back_removes_nothing() -> None:
    assert kept(nightly(5), Retention(1, 0, 0), NOON - timedelta(days=400)) == {f"d{n}" for n in range(5)}


def test_old_backups_stay_where_nothing_newer_came() -> None:
    assert kept(nightly(2), Retention(2, 0, 0), NOON + timedelta(days=4000)) == {"d0", "d1"}


@given(st.lists(st.integers(0, 5000), max_size=40), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_the_latest_always_stays_and_never_more_than_the_rules_allow(
    hours: list[int], daily: int, weekly: int, monthly: int
) -> None:
    if not daily + weekly + monthly:
        return
    backups = [Kept(str(n), NOON + timedelta(hours=hour)) for n, hour in enumerate(hours)]
    left = kept(backups, Retention(daily, weekly, monthly), NOON + timedelta(days=1000))
    assert len(left) <= max(1, daily + weekly + monthly)
    latest = max((item.made_at for item in backups), default=None)
    assert not backups or any(item.made_at == latest for item in backups if item.id in left)


@pytest.mark.parametrize("rule", [(-1, 1, 1), (0, 0, 0)])
def test_a_rule_that_keeps_nothing_is_refused(rule: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError, match="retention"):
        Retention(*rule)
