"""The nouns refuse nonsense at construction."""

from dataclasses import replace

import pytest

from harness import catalogue
from harness.core.errors import UsageError
from harness.core.fault import Window
from harness.core.load import Load
from harness.core.units import parse_duration
from harness.core.verdicts import Verdict, worst, worst_exit_code


@pytest.mark.parametrize(("text", "expected"), [("20s", 20), ("1.5m", 90), ("500ms", 0.5), ("20", 20), ("1h", 3600)])
def test_a_duration_is_a_number_and_a_unit(text: str, expected: float) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "-3s", "0", "3 days", "1e3s"])
def test_what_is_no_duration_is_refused_naming_the_field(text: str) -> None:
    with pytest.raises(UsageError, match="--duration"):
        parse_duration(text, field="--duration")


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([Verdict.PASS, Verdict.PASS], Verdict.PASS),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], Verdict.INCONCLUSIVE),
        ([Verdict.INCONCLUSIVE, Verdict.FAIL], Verdict.FAIL),
        ([], Verdict.INCONCLUSIVE),
    ],
)
def test_one_fail_fails_all_and_one_doubt_leaves_all_open(parts: list[Verdict], whole: Verdict) -> None:
    assert worst(parts) is whole


@pytest.mark.parametrize(("codes", "code"), [([0, 0], 0), ([0, 2], 2), ([2, 1], 1), ([1, 70, 2], 70)])
def test_the_worst_exit_code_wins(codes: list[int], code: int) -> None:
    assert worst_exit_code(codes) == code


@pytest.mark.parametrize("nonsense", [{"rate_per_s": 0.0}, {"duration_s": -1.0}, {"mix": {}}, {"mix": {"sale": 0.0}}])
def test_a_load_that_is_none_is_refused(nonsense: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        replace(Load(10.0, 10.0, {"sale": 1.0}), **nonsense)


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="window"):
        Window(5, 4)


def test_a_scenario_that_checks_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="checks nothing"):
        replace(catalogue.scenario("calm"), must_hold=[])


def test_a_fault_that_outlasts_the_load_is_refused() -> None:
    outage = catalogue.scenario("primary_gateway_outage")
    with pytest.raises(UsageError, match="after the load"):
        replace(outage, load=replace(outage.load, duration_s=8.0))


def test_a_shorter_run_shrinks_load_and_faults_alike() -> None:
    outage = catalogue.scenario("primary_gateway_outage")
    half = outage.lasting(outage.load.duration_s / 2)
    assert half.faults[0].window.from_s == outage.faults[0].window.from_s / 2
