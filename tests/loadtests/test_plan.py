"""The plan is a pure function of seed, rate, mix and merchants."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harness import catalogue
from loadtests.amounts import awkward, decimal_text, draw_amount_minor
from loadtests.currencies import fitting
from loadtests.job import Merchant
from loadtests.plan import Mix, arrivals
from loadtests.sizes import SIZES
from loadtests.streams import uniform
from system.gateways.paypal import currencies as paypal
from system.gateways.stripe import currencies as stripe
from tests.loadtests.stage import SHARES, job


def test_the_same_seed_draws_the_same_plan() -> None:
    assert list(arrivals(job())) == list(arrivals(job()))


def test_another_seed_draws_another_plan() -> None:
    assert list(arrivals(job())) != list(arrivals(job(seed=8)))


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_the_workers_together_draw_exactly_the_one_worker_plan(workers: int) -> None:
    whole = list(arrivals(job()))
    parts = [list(arrivals(job(workers=workers), worker)) for worker in range(workers)]
    assert sorted((item for part in parts for item in part), key=lambda item: item.k) == whole
    assert all(item.k % workers == worker for worker, part in enumerate(parts) for item in part)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    short, long = list(arrivals(job(duration_s=5.0))), list(arrivals(job(duration_s=10.0)))
    assert long[: len(short)] == short
    assert all(item.offset_us >= 5_000_000 for item in long[len(short) :])


def test_the_rate_changes_when_arrivals_come_but_not_what_they_are() -> None:
    slow, fast = list(arrivals(job())), list(arrivals(job(rate_per_s=200.0, duration_s=10.0)))
    assert [(i.k, i.flow, i.amount_minor, i.merchant) for i in slow] == [
        (i.k, i.flow, i.amount_minor, i.merchant) for i in fast
    ]
    assert slow[50].offset_us == pytest.approx(2 * fast[50].offset_us, abs=1)


def test_gaps_are_exponential_at_the_asked_rate() -> None:
    due = [item.offset_us for item in arrivals(job(duration_s=200.0))]
    gaps = [later - earlier for earlier, later in pairwise(due)]
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(10_000, rel=0.03)
    assert sum(gap > mean for gap in gaps) / len(gaps) == pytest.approx(0.3679, abs=0.015)


def test_flows_come_in_their_shares_and_zero_weights_never() -> None:
    drawn = Counter(item.flow for item in arrivals(job(duration_s=100.0, mix={**SHARES, "list": 0.0})))
    assert set(drawn) == set(SHARES)
    for name, weight in SHARES.items():
        assert drawn[name] / drawn.total() == pytest.approx(weight / 10, abs=0.02)


def test_the_order_of_the_mix_does_not_matter() -> None:
    turned = Mix(dict(reversed(SHARES.items())))
    assert all(Mix(SHARES).flow(step / 100) == turned.flow(step / 100) for step in range(100))


def test_amounts_have_a_heavy_tail() -> None:
    amounts = sorted(draw_amount_minor(1, k, 0) for k in range(20_000))
    assert sum(amounts[-200:]) > 0.2 * sum(amounts)
    assert amounts[len(amounts) // 2] < sum(amounts) / len(amounts)
    assert amounts[0] >= 500


@pytest.mark.parametrize("exponent", [2, 3])
def test_amounts_that_floats_get_wrong_are_swept(exponent: int) -> None:
    drawn = {draw_amount_minor(1, k, exponent) for k in range(5_000)}
    assert {1_999, 115, 58, 435}.issubset(awkward(2))
    assert 1_005 in awkward(3)
    assert len(drawn & set(awkward(exponent))) > 0.85 * len(awkward(exponent))


@pytest.mark.parametrize(("currency", "step", "least"), [("KWD", 10, 10), ("EUR", 1, 50), ("JPY", 1, 50)])
def test_everyday_amounts_are_such_as_gateways_take(currency: str, step: int, least: int) -> None:
    exponent = {"KWD": 3, "EUR": 2, "JPY": 0}[currency]
    shops = [Merchant("m1", "k1", currency, exponent), Merchant("m2", "k2", currency, exponent)]
    drawn = [item.amount_minor for item in arrivals(replace(job(duration_s=100.0), merchants=shops))]
    assert all(amount_minor % step == 0 and least <= amount_minor <= 99_999_999 for amount_minor in drawn)
    assert fitting(3, "KWD") == 10
    assert fitting(1_999, "HUF") == 1_900


@given(st.integers(0, 10**12), st.sampled_from([0, 2, 3]))
@settings(max_examples=100)
def test_decimal_text_says_exactly_the_minor_units(amount_minor: int, exponent: int) -> None:
    whole, _, part = decimal_text(amount_minor, exponent).partition(".")
    assert len(part) == exponent
    assert int(whole + part) == amount_minor


@given(st.integers(0, 2**40), st.text(max_size=10), st.integers(0, 2**40))
@settings(max_examples=50)
def test_streams_lie_in_the_unit_interval(seed: int, stream: str, k: int) -> None:
    assert 0.0 <= uniform(seed, stream, k) < 1.0


@pytest.mark.parametrize("seed", [1, 2, 3, 11])
@pytest.mark.parametrize("name", catalogue.scenario_names())
def test_every_run_sends_a_few_of_each_forced_size(name: str, seed: int) -> None:
    load = catalogue.scenario(name).load
    planned = job(seed=seed, rate_per_s=load.rate_per_s, duration_s=load.duration_s, mix=dict(load.mix))
    drawn = [item for item in arrivals(planned) if item.size is not None]
    kinds = Counter(item.size.kind for item in drawn if item.size)
    assert {"least", "greatest", "wide", "odd"} == set(kinds), kinds
    assert all(item.flow == "sale" for item in drawn)
    assert len(drawn) == len({item.size for item in drawn}) >= 7


def test_a_forced_size_is_taken_by_a_gateway_and_wide_ones_need_more_than_31_bits() -> None:
    for kind, currency, exponent, amount_minor in SIZES:
        rules = [gateway.rule(currency) for gateway in (stripe.CURRENCIES, paypal.CURRENCIES)]
        units = [amount_minor * 10**rule.decimals // 10**exponent for rule in rules if rule]
        taken = [rule for rule, unit in zip(filter(None, rules), units, strict=True)
                 if rule.least <= unit <= rule.most and unit % rule.step == 0]  # fmt: skip
        assert taken, (kind, currency, amount_minor)
        assert kind != "wide" or amount_minor > 2**31 - 1
        assert kind != "least" or any(unit == rule.least for rule, unit in zip(filter(None, rules), units, strict=True))
        assert kind != "greatest" or any(rule.most in units for rule in filter(None, rules))


def test_a_system_that_is_not_ours_is_sent_no_forced_sizes() -> None:
    assert {item.size for item in arrivals(job(adapter="adapter.py"))} == {None}


def test_an_endless_plan_goes_on_after_its_duration() -> None:
    endless = arrivals(job(duration_s=0.1), endless=True)
    assert max(next(endless).offset_us for _ in range(50)) > 100_000
