"""What differs is found, what does not is left alone, and what cannot be known is said."""

import math

import numpy as np
import pytest

from harness.comparing import FIGURES, Outcome, check, compare, parse_least, parse_limit
from harness.comparing.comparison import CONFIDENCE
from harness.comparing.drawing import block_length, draw_weights
from harness.comparing.measuring import as_they_are
from harness.core.errors import UsageError
from tests.harness.comparing.histories import run, side

PAIRS = 200
NO_LEAST = {figure.name: 0.0 for figure in FIGURES}


def changed(first, second, **options) -> set[str]:
    return {item.figure.name for item in compare(first, second, **options).changed}


def test_of_200_unchanged_pairs_no_more_are_called_different_than_the_level_allows() -> None:
    # With no least effect: noise alone has to be told from a change. 5 % of 200 are 10, and by chance seldom over 16.
    alarms = sum(
        bool(
            changed(
                side("a", run(2 * seed, seconds=30)),
                side("b", run(2 * seed + 1, seconds=30)),
                least=NO_LEAST,
                draws=150,
                seed=seed,
            )
        )
        for seed in range(PAIRS)
    )
    assert alarms <= 16


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"slower": 1.6}, {"p50", "p95"}),
        ({"tail_slower": 2.0}, {"p95"}),
        ({"failing": 0.08}, {"availability"}),
        ({"rate": 60}, {"good"}),
    ],
)
def test_a_real_shift_is_found_with_every_seed(change, found) -> None:
    for seed in range(10):
        told = changed(side("a", run(seed)), side("b", run(1000 + seed, **change)), draws=200, seed=seed)
        assert found <= told, seed


def test_a_shift_is_told_with_its_direction_and_the_interval_holds_the_truth() -> None:
    inside = 0
    for seed in range(20):
        comparison = compare(side("a", run(seed)), side("b", run(500 + seed, slower=1.5)), draws=200, seed=seed)
        p50 = next(item for item in comparison.differences if item.figure.name == "p50")
        assert p50.outcome in (Outcome.WORSE, Outcome.OPEN)
        assert p50.change is not None
        inside += p50.change.lo <= 0.5 <= p50.change.hi
    assert inside >= 18  # of 20 at 95 %, all figures together: hardly ever fewer
    back = compare(side("a", run(1, slower=2.0)), side("b", run(2)), draws=200)
    assert Outcome.BETTER in {item.outcome for item in back.differences if item.figure.name == "p50"}


def test_the_same_run_twice_is_alike_where_there_is_enough_of_it() -> None:
    long = run(3, seconds=400, rate=60, memory_s=0.3)
    comparison = compare(side("a", long), side("b", run(4, seconds=400, rate=60, memory_s=0.3)), draws=200)
    told = {item.figure.name: item.outcome for item in comparison.differences}
    assert told["p50"] is Outcome.ALIKE
    assert told["availability"] is Outcome.ALIKE
    assert comparison.changed == ()


def test_several_runs_on_a_side_say_more_than_one() -> None:
    one = compare(side("a", run(1)), side("b", run(2)), draws=200)
    many = compare(side("a", *map(run, range(10, 20))), side("b", *map(run, range(20, 30))), draws=200)

    def width(comparison) -> float:
        change = comparison.differences[0].change
        return change.hi - change.lo

    assert width(many) < width(one)


def test_a_change_below_the_least_effect_is_not_called_one() -> None:
    first, second = side("a", run(1, seconds=400, rate=60)), side("b", run(2, seconds=400, rate=60, slower=1.5))
    assert "p50" in changed(first, second, draws=100)
    assert "p50" not in changed(first, second, draws=100, least={"p50": 0.9})


def test_the_same_seed_makes_the_same_comparison() -> None:
    first, second = side("a", run(1)), side("b", run(2))
    assert compare(first, second, draws=100).differences == compare(first, second, draws=100).differences


def test_a_starved_machine_proves_nothing_in_time() -> None:
    comparison = compare(side("a", run(1)), side("b", run(2, slower=9), doubts=("the machine was starved",)))
    assert {item.outcome for item in comparison.differences} == {Outcome.NOT_JUDGED}
    assert comparison.doubts == ("b: the machine was starved",)


def test_a_percentile_that_too_few_requests_reach_is_not_judged() -> None:
    comparison = compare(side("a", run(1, seconds=10, rate=20)), side("b", run(2, seconds=10, rate=20)), draws=50)
    p99 = next(item for item in comparison.differences if item.figure.name == "p99")
    assert p99.outcome is Outcome.NOT_JUDGED
    assert "at least 500 needed" in p99.reason


def test_recoveries_are_compared_where_there_are_several_and_told_where_there_is_one() -> None:
    quick, slow = (1.0, 1.2, 0.9, 1.1, 1.0, 1.3), (4.0, 4.4, 3.8, 4.1, 4.6, 3.9)
    several = compare(
        side("a", run(1, once_each={"recovery": quick})), side("b", run(2, once_each={"recovery": slow})), draws=200
    )
    assert "recovery" in {item.figure.name for item in several.changed}
    alone = compare(
        side("a", run(1, once_each={"recovery": (1.0,)})), side("b", run(2, once_each={"recovery": (9.0,)}))
    )
    recovery = next(item for item in alone.differences if item.figure.name == "recovery")
    assert (recovery.first, recovery.second, recovery.outcome) == (1.0, 9.0, Outcome.NOT_JUDGED)
    assert "give several runs" in recovery.reason


def test_a_limit_is_broken_only_where_the_whole_interval_lies_beyond_it() -> None:
    comparison = compare(side("a", run(1)), side("b", run(2, slower=1.6)), draws=200)
    p50 = comparison.differences[0].change
    assert p50 is not None
    inside, beyond = f"{100 * (p50.lo + 0.01):.1f}", f"{100 * (p50.lo - 0.01):.1f}"
    limits = [parse_limit(text) for text in (f"p50>+{inside}%", f"p50>+{beyond}%", "p50<-5%", "recovery>+1s")]
    assert [item.broken for item in check(comparison, limits)] == [False, True, False, None]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("p99", "'p99' is not a figure"),
        ("p98>+10%", "'p98' is not a figure"),
        ("p99>10%", "a sign and a change"),
        ("p99>+10s", "counted in %"),
        ("recovery>+10%", "counted in s"),
    ],
)
def test_a_limit_that_states_none_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_limit(text)


def test_least_effects_are_read_as_changes() -> None:
    assert parse_least(["p99=5%", "recovery=2s", "availability=0.1%"]) == {
        "p99": 0.05, "recovery": 2.0, "availability": 0.001
    }  # fmt: skip
    with pytest.raises(UsageError, match="FIGURE=CHANGE"):
        parse_least(["p99=-5%"])


def test_the_figures_of_a_run_are_those_of_its_requests() -> None:
    made = run(5, seconds=200, slower=2.0)
    told = as_they_are([made])
    waits_ms = np.repeat(made.bins_ms, made.counts.sum(axis=0).astype(int))
    assert told["p95"] == pytest.approx(np.quantile(waits_ms, 0.95, method="inverted_cdf"))
    assert told["good"] == pytest.approx(made.good.sum() / 200)
    assert told["availability"] == pytest.approx(made.ok.sum() / made.tried.sum())


def test_every_draw_has_as_many_steps_of_each_stratum_as_the_run() -> None:
    made = run(6, seconds=20)
    made.stratum[30:50] = 1
    weights = draw_weights(made, 40, 5.0, np.random.default_rng(1))
    assert (weights[:, made.stratum == 1].sum(axis=1) == 20).all()
    assert (weights.sum(axis=1) == made.steps).all()


def test_blocks_are_longer_where_neighbours_are_alike() -> None:
    chance = np.random.default_rng(1)
    noise = chance.normal(size=400)
    wave = np.convolve(noise, np.ones(20), mode="same")
    assert block_length(wave) > 2 * block_length(noise)
    assert math.isclose(CONFIDENCE, 0.95)
