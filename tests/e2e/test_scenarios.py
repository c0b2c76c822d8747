"""Every scenario passes on the sound platform; every planted bug is caught by an invariant that its entry names."""

import pytest

from harness import catalogue
from tests.e2e.conftest import Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SEED = 11


@pytest.mark.parametrize("scenario", catalogue.scenario_names())
def test_a_scenario_passes_on_the_sound_platform(faultline: Faultline, scenario: str) -> None:
    result = faultline("run", scenario, "--seed", str(SEED), "--json")
    verdict = result.json
    assert verdict["verdict"] == "PASS", verdict.get("reasons", verdict)
    assert result.code == 0


@pytest.mark.parametrize(("bug", "scenario"), [(bug.id, bug.shown_by[0]) for bug in catalogue.planted_bugs().values()])
def test_a_planted_bug_is_caught_by_its_invariant(faultline: Faultline, bug: str, scenario: str) -> None:
    result = faultline("run", scenario, "--seed", str(SEED), "--bug", bug, "--json")
    verdict = result.json
    found = {item["id"] for item in verdict.get("invariants", []) if item["verdict"] == "FAIL"}
    assert (result.code, verdict["verdict"], verdict.get("bug")) == (1, "FAIL", bug), verdict.get("reasons", verdict)
    assert found & set(catalogue.planted_bug(bug).caught_by), found
