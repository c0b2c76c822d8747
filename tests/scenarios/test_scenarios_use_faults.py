"""A fault that no scenario uses is proven by nobody: its hits, its undo and what it does to a real platform."""

from harness import catalogue


def test_every_fault_is_injected_by_a_scenario() -> None:
    injected = {item.fault.name for name in catalogue.scenario_names() for item in catalogue.scenario(name).faults}

    assert set(catalogue.fault_names()) - injected == set()
