"""A recovery can only be missed while there is load: each scenario plans enough of it after its last heal."""

import re

import pytest

from harness import catalogue
from harness.core.scenario import Scenario
from harness.invariants.i37_service_is_back import RTO_S
from harness.objectives.service import GOOD_WINDOW_S, TAIL_SPARE_S


def limit_s(scenario: Scenario) -> float | None:
    """Return the recovery time that a scenario promises, or demands by I37; None where it does neither."""
    names = [re.fullmatch(r"recovered\(within_s=([\d.]+)\)", item.name) for item in scenario.should_meet]
    promised = [float(found[1]) for found in names if found]
    demanded = [RTO_S] if any(item.id == "I37" for item in scenario.must_hold) else []
    return min([*promised, *demanded], default=None)


@pytest.mark.parametrize("name", catalogue.scenario_names())
def test_the_load_goes_on_for_long_enough_to_miss_the_promised_recovery(name: str) -> None:
    scenario = catalogue.scenario(name)
    limit = limit_s(scenario)
    if limit is None:
        return
    last_heal_s = max((item.window.to_s for item in scenario.faults), default=0.0)
    left_s = scenario.load.duration_s - last_heal_s
    most_s = left_s - GOOD_WINDOW_S - TAIL_SPARE_S
    assert limit <= most_s, f"{left_s:g} s of load after the last heal allow for recovered(within=seconds({most_s:g}))"
