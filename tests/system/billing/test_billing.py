"""Which periods are billed, proration and dunning."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from system.decisions.billing import Fate, Owed, Pause, charge_key, fate_of, next_try_us, owed, proration_minor

moments = st.integers(0, 10**6)
prices = st.integers(0, 10**9)


@given(moments, st.none() | moments, st.lists(st.tuples(moments, st.integers(1, 10**5)), max_size=3))
def test_a_period_is_billed_skipped_or_none(start: int, end: int | None, spans: list[tuple[int, int]]) -> None:
    pauses = [Pause(begin, begin + length) for begin, length in spans]
    fate = fate_of(start, end, pauses)
    ended = end is not None and start >= end
    inside = any(start in range(pause.from_us, pause.until_us or 0) for pause in pauses)
    assert fate is (Fate.NONE if ended else Fate.SKIPPED if inside else Fate.BILLED)


def test_a_pause_that_has_no_end_skips_what_follows() -> None:
    assert fate_of(10, None, [Pause(10, None)]) is Fate.SKIPPED
    assert fate_of(9, None, [Pause(10, None)]) is Fate.BILLED


@given(prices, prices, st.integers(1, 10**15), st.data())
def test_proration_is_the_exact_difference_rounded_once(old: int, new: int, length: int, data: st.DataObject) -> None:
    at_us = data.draw(st.integers(0, length))
    exact = Fraction(new - old) * Fraction(length - at_us, length)
    whole = Decimal(exact.numerator) / Decimal(exact.denominator) if exact.denominator == 1 else None
    got = proration_minor(old, new, 0, length, at_us)
    assert abs(got - exact) <= Fraction(1, 2)
    if abs(got - exact) == Fraction(1, 2):
        assert abs(got) > abs(exact)
    if whole is not None:
        assert got == whole.to_integral_value(ROUND_HALF_UP)


@given(prices, prices, st.integers(1, 10**15), st.data())
def test_going_back_at_once_costs_nothing(old: int, new: int, length: int, data: st.DataObject) -> None:
    at_us = data.draw(st.integers(0, length))
    there = proration_minor(old, new, 0, length, at_us)
    assert there == -proration_minor(new, old, 0, length, at_us)


@given(prices, st.integers(-(10**9), 10**9))
def test_no_money_is_lost_between_invoices(price: int, pending: int) -> None:
    bill = owed(price, pending)
    assert bill.amount_minor >= 0 >= bill.carried_minor
    assert bill.amount_minor + bill.carried_minor == price + pending
    assert bill.amount_minor == 0 or bill.carried_minor == 0


def test_a_credit_is_carried() -> None:
    assert owed(500, -700) == Owed(0, -200)


@given(st.lists(st.integers(1, 10**6), max_size=5, unique=True).map(sorted), st.integers(0, 10**15))
def test_dunning_ends_and_counts_from_the_first_decline(schedule: list[int], first_us: int) -> None:
    tries = [next_try_us(declines, first_us, schedule) for declines in range(1, len(schedule) + 2)]
    assert tries[-1] is None
    assert tries[:-1] == [first_us + wait * 1_000_000 for wait in schedule]


def test_a_key_tells_subscription_period_and_try_apart() -> None:
    keys = {
        charge_key(sub, period, number) for sub in ("sub_1", "sub_11") for period in range(12) for number in range(3)
    }
    assert len(keys) == 2 * 12 * 3
