"""Waiting: doubles, is bounded, is spread, and never nothing."""

import pytest

from system.decisions.backoff import backoff_s


@pytest.mark.parametrize(
    ("tries", "chance", "expected_s"),
    [(1, 0.0, 0.25), (1, 1.0, 0.5), (2, 0.0, 0.5), (2, 1.0, 1.0), (3, 1.0, 2.0), (4, 1.0, 2.0), (10_000, 0.0, 1.0)],
)
def test_the_ceiling_doubles_up_to_its_bound_and_chance_picks_the_upper_half(
    tries: int, chance: float, expected_s: float
) -> None:
    assert backoff_s(tries, base_s=0.5, max_s=2.0, chance=chance) == pytest.approx(expected_s)


def test_two_draws_differ_so_that_things_that_broke_together_do_not_return_together() -> None:
    waits = {backoff_s(3, base_s=0.5, max_s=2.0, chance=step / 10) for step in range(10)}
    assert len(waits) == 10
    assert min(waits) >= 1.0


def test_a_count_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="tries"):
        backoff_s(0, base_s=0.5, max_s=2.0, chance=0.5)
