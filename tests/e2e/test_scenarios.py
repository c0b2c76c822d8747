"""Every scenario passes on the sound platform; every planted bug is caught by an invariant that its entry names."""

import pytest

from harness import catalogue
from tests.e2e.conftest import Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SEED = 11

SHORT = {"B02": "8s", "B03": "8s", "B14": "8s", "B17": "8s", "B19": "8s", "B34": "8s"}
"""Bugs that show at once, whatever the fault's timing: half of the load is plenty."""


@pytest.mark.parametrize("scenario", catalogue.scenario_names())
def test_a_scenario_passes_on_the_sound_platform(faultline: Faultline, scenario: str) -> None:
    result = faultline("run", scenario, "--seed", str(SEED), "--json")
    verdict = result.json
    assert verdict["verdict"] == "PASS", verdict["reasons"]
    assert result.code == 0


@pytest.mark.parametrize(("bug", "scenario"), [(bug.id, bug.shown_by[0]) for bug in catalogue.planted_bugs().values()])
def test_a_planted_bug_is_caught_by_its_invariant(faultline: Faultline, bug: str, scenario: str) -> None:
    shorter = ("--duration", SHORT[bug]) if bug in SHORT else ()
    result = faultline("run", scenario, "--seed", str(SEED), "--bug", bug, *shorter, "--json")
    verdict = result.json
    found = {item["id"] for item in verdict["invariants"] if item["verdict"] == "FAIL"}
    assert (result.code, verdict["verdict"], verdict["bug"]) == (1, "FAIL", bug), verdict["reasons"]
    assert found & set(catalogue.planted_bug(bug).caught_by), found
