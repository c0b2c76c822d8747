"""The chosen set stands for everything: each family of faults, each kind of invariant; and each bug can be shown."""

import importlib
import inspect
import re

import pytest

from harness import catalogue
from harness.invariants import catalogue as invariants
from tests.e2e.chosen import ABSENT_FAMILIES, AT_MOST, BUGS, ELSEWHERE, SCENARIOS, left_out

_HELPER = re.compile(r"^from faults\._(\w+) import ([^\n]+)", re.MULTILINE)
_LOOKING = {"seen", "behind", "outage", "starved_requests"}
"""What a fault takes from a family's helper only to look, not to break."""


def family(fault: str) -> str:
    """Return the family of a fault: the helper in `faults/` that breaks things for it, or `other`."""
    text = inspect.getsource(importlib.import_module(f"faults.{fault}"))
    used = [name for name, what in _HELPER.findall(text) if set(re.split(r",\s*", what)) - _LOOKING]
    return used[0] if used else "other"


def families_of(scenario: str) -> set[str]:
    """Return the families of a scenario's faults."""
    return {family(item.fault.name) for item in catalogue.scenario(scenario).faults}


def test_every_family_of_faults_is_in_a_chosen_scenario() -> None:
    every = {family(name) for name in catalogue.fault_names()} - set(ABSENT_FAMILIES)
    covered = set[str]().union(*(families_of(name) for name in (*SCENARIOS, *ELSEWHERE)))
    assert every - covered == set()


def test_every_kind_of_invariant_names_a_chosen_bug() -> None:
    kinds = {item.id: item.kind for item in invariants()}
    named = {kinds[item] for bug in BUGS for item in catalogue.planted_bug(bug).caught_by if item in kinds}
    assert named == set(kinds.values())


def test_the_chosen_set_exists_and_stays_small() -> None:
    assert {*SCENARIOS, *ELSEWHERE} <= set(catalogue.scenario_names())
    assert set(BUGS) <= set(catalogue.planted_bugs())
    assert len(SCENARIOS) + len(ELSEWHERE) + len(BUGS) <= AT_MOST


@pytest.mark.parametrize("bug", sorted(catalogue.planted_bugs()))
def test_a_bug_is_shown_by_scenarios_and_caught_by_invariants_that_exist(bug: str) -> None:
    entry = catalogue.planted_bug(bug)
    assert entry.shown_by
    assert set(entry.shown_by) <= set(catalogue.scenario_names())
    assert {item.id for item in invariants()} & set(entry.caught_by)


def test_what_is_left_out_is_told_with_how_to_run_it() -> None:
    told = "\n".join(left_out(["tests/e2e/test_death.py::test_a"]))
    for name in set(catalogue.scenario_names()) - {*SCENARIOS, *ELSEWHERE}:
        assert name in told
    for bug in set(catalogue.planted_bugs()) - set(BUGS):
        assert bug in told
    assert "tests/e2e/test_death.py::test_a" in told
    assert "make test-all" in told
