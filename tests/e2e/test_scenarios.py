"""Chosen scenarios pass on the sound platform; chosen bugs are caught by an invariant that their entry names."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness import catalogue
from tests.e2e.chosen import BUGS, SCENARIOS
from tests.e2e.conftest import RUN_DEADLINE_S, Faultline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(RUN_DEADLINE_S * (len(SCENARIOS) + 1))]

SEED = 11


@pytest.fixture(scope="module")
def sound(faultline: Faultline) -> Mapping[str, Any]:
    """Verdicts of all chosen scenarios, made by one call: each saves the seconds that a start costs."""
    result = faultline("run", *SCENARIOS, "--seed", str(SEED), "--json", deadline_s=RUN_DEADLINE_S * len(SCENARIOS))
    return {verdict["scenario"]: verdict for verdict in result.json}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_passes_on_the_sound_platform(sound: Mapping[str, Any], scenario: str) -> None:
    verdict = sound[scenario]
    assert verdict["verdict"] == "PASS", verdict.get("reasons", verdict)


@pytest.mark.parametrize(("bug", "scenario"), [(bug, catalogue.planted_bug(bug).shown_by[0]) for bug in BUGS])
def test_a_planted_bug_is_caught_by_its_invariant(faultline: Faultline, bug: str, scenario: str) -> None:
    result = faultline("run", scenario, "--seed", str(SEED), "--bug", bug, "--json")
    verdict = result.json
    found = {item["id"] for item in verdict.get("invariants", []) if item["verdict"] == "FAIL"}
    assert (result.code, verdict["verdict"], verdict.get("bug")) == (1, "FAIL", bug), verdict.get("reasons", verdict)
    assert found & set(catalogue.planted_bug(bug).caught_by), found
