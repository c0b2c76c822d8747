"""Intervals hold the truth as often as they say, also where neighbours are alike."""

import numpy as np
import pytest

from harness.statistics import (
    Interval,
    design_effect,
    long_run_variance,
    mean_interval,
    share_interval,
)


def alike(chance: np.random.Generator, length: int, memory: float) -> np.ndarray:
    """Return a series with mean 0 and variance 1 whose neighbours are alike: AR(1)."""
    noise = chance.normal(size=length) * np.sqrt(1 - memory**2)
    series = np.empty(length)
    last = chance.normal()
    for place in range(length):
        last = memory * last + noise[place]
        series[place] = last
    return series


def test_the_long_run_variance_of_independent_values_is_their_variance():
    values = np.random.default_rng(1).normal(size=20_000) * 3
    assert long_run_variance(values) == pytest.approx(9, rel=0.1)
    assert design_effect(values) == pytest.approx(1, abs=0.1)


def test_neighbours_that_are_alike_tell_less():
    values = alike(np.random.default_rng(2), 20_000, 0.5)
    assert long_run_variance(values) == pytest.approx((1 + 0.5) / (1 - 0.5), rel=0.2)


def test_a_constant_and_a_single_value_have_no_variance():
    assert long_run_variance([4.0] * 10) == 0.0
    assert long_run_variance([4.0]) == 0.0
    assert design_effect([4.0] * 10) == 1.0


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_the_interval_of_a_mean_holds_it(memory):
    chance = np.random.default_rng(3)
    seen = [mean_interval(alike(chance, 300, memory).tolist()) for _ in range(100)]
    assert sum(item.lo <= 0 <= item.hi for item in seen) >= 89


def test_a_mean_of_one_value_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        mean_interval([1.0])


@pytest.mark.parametrize(("memory", "often"), [(0.0, 184), (0.6, 178), (0.8, 166)])
def test_the_interval_of_a_share_holds_it(memory, often):
    """Slices of 50, of which 2 % are bad on average, in heaps where slices are alike."""
    chance, held = np.random.default_rng(4), 0
    for _ in range(200):
        level = 0.02 * np.exp(0.7 * alike(chance, 200, memory) - 0.7**2 / 2)
        bad = chance.binomial(50, level)
        found = share_interval([50] * 200, bad.tolist())
        held += found.lo <= 0.02 <= found.hi
    assert held >= often


def test_no_bad_one_seen_is_no_proof_that_there_is_none():
    found = share_interval([10] * 10, [0] * 10)
    assert found.estimate == 0.0
    assert 0.03 < found.hi < 0.04
    assert share_interval([10] * 10, [0] * 10, least_effect=5).hi > 0.1
    assert share_interval([], []) == Interval(0.0, 0.0, 1.0, 0.95)


def test_intervals_know_their_width_and_whether_they_overlap():
    one, other = Interval(10, 9, 11, 0.95), Interval(12, 11, 13, 0.95)
    assert one.relative_width == pytest.approx(0.2)
    assert one.overlaps(other)
    assert not one.overlaps(Interval(13, 12, 14, 0.95))
    assert Interval(0, 0, 1, 0.95).relative_width == float("inf")
