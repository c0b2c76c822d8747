"""What is asked for on the command line: cases, replicas, a budget, and what is refused."""

import pytest

from harness import catalogue
from harness.capacity.asking import cases_of, load_budget_s, replica_cases
from harness.core.errors import UsageError
from scenarios._capacity import CASES, FEWER


def asked(*under: str) -> list[str]:
    cases = cases_of(under, CASES, catalogue.fault_names(), catalogue.fault_factory)
    return [case.name for case in cases]


def test_without_anything_it_is_the_healthy_system_alone():
    assert asked() == ["healthy"]


def test_the_defaults_are_the_whole_matrix_and_only_all_standbys_gone_must_carry_nothing():
    assert asked("defaults") == ["healthy", *CASES]
    assert [case.name for case in CASES.values() if case.must_be_none] == ["standbys_gone"]


def test_any_fault_can_be_named_and_placed():
    assert asked("gateway_down:paypal", "brownout") == ["healthy", "gateway_down-paypal", "brownout"]
    [_, case] = cases_of(["gateway_down:paypal"], CASES, catalogue.fault_names(), catalogue.fault_factory)
    assert case.faults[0].place == "*-to-paypal"


@pytest.mark.parametrize(
    ("under", "said"),
    [
        (("gateway_dwn",), "no case and no fault"),
        (("gateway_down:",), "no case and no fault"),
        (("healthy",), "no case and no fault"),
        (("gateway_gone", "gateway_gone"), "asked for twice"),
        (("defaults", "gateway_gone"), "asked for twice"),
        (("container_stopped",), "needs a place"),
        (("replication_cut:one",), "takes no place"),
    ],
)
def test_what_is_no_case_is_refused_with_what_is_valid(under, said):
    with pytest.raises(UsageError, match=said) as refused:
        asked(*under)
    assert refused.value.hint


def test_fewer_replicas_are_cases_and_the_full_number_is_the_healthy_one():
    assert replica_cases(None, FEWER) == []
    assert [case.of_replicas for case in replica_cases("1,2", FEWER)] == [1]
    for text, said in (("1,1", "no list"), ("two", "no list"), ("", "no list"), ("1,3", "cannot have 3"), ("0", "0")):
        with pytest.raises(UsageError, match=said):
            replica_cases(text, FEWER)


def test_a_budget_is_shared_out_and_too_little_is_refused():
    assert load_budget_s(360, 1) == 240
    assert load_budget_s(1200, 7) > 100
    with pytest.raises(UsageError, match="too short for 7 searches") as refused:
        load_budget_s(360, 7)
    assert "at least 630s" in refused.value.hint
