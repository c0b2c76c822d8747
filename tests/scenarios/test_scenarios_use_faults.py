"""A fault that no scenario uses is proven by nobody: its hits, its undo and what it does to a real platform."""

from harness import catalogue

CONTAINERS_ONLY = {"container_disconnected", "container_starved", "container_stopped"}
"""For scenarios of one's own on `--target compose`; their proofs and undos are in tests/faults."""


def test_every_fault_is_injected_by_a_scenario() -> None:
    injected = {item.fault.name for name in catalogue.scenario_names() for item in catalogue.scenario(name).faults}

    assert set(catalogue.fault_names()) - injected == CONTAINERS_ONLY
