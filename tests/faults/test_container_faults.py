"""Faults that only containers have: what they do, how they are undone, where they are refused, and what is a hit."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from faults._containers import ContainerFault
from faults.container_disconnected import container_disconnected
from faults.container_starved import container_starved
from faults.container_stopped import container_stopped
from harness.core.container_controls import ContainerLook
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, needs_of
from tests.faults.fake_containers import FakeContainers
from tests.faults.fake_surface import FakeSurface

CONTAINERS: dict[str, ContainerFault] = {
    "container_disconnected": container_disconnected("worker"),
    "container_starved": container_starved("worker", cpus=0.05, memory_mb=64),
    "container_stopped": container_stopped("worker", grace_s=3),
}
DONE = {
    "container_disconnected": (("disconnect", "worker"), "reconnect_container"),
    "container_starved": (("limit", "worker", 0.05, 64), "restore_container_limits"),
    "container_stopped": (("stop", "worker", 3), "start_container"),
}
WELL = ContainerLook(alive=True, connected=True, throttled=5, memory_failures=0)
BITE = Bite(from_us=10_000_000, to_us=20_000_000)


def hits(folder: Path, fault: ContainerFault, *looks: ContainerLook) -> int:
    (folder / "plan.json").write_text("{}")
    seen = {"kind": "fault_seen", "fault": fault.name, "place": "worker"}
    lines = [{"at_us": 11_000_000 + n, **seen, **asdict(look)} for n, look in enumerate(looks)]
    (folder / "events.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return fault.hits(Evidence(folder), BITE)


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_a_fault_carries_the_name_of_its_file_and_needs_containers(name: str) -> None:
    assert CONTAINERS[name].name == name
    assert needs_of(CONTAINERS[name]) == {"containers"}


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_it_breaks_one_container_and_its_undo_is_for_that_one(name: str) -> None:
    surface, fault = FakeSurface(), CONTAINERS[name]
    surface.containers = FakeContainers()
    broken, undone = DONE[name]
    assert [(undo.kind, undo.arguments["service"]) for undo in fault.undo(surface)] == [(undone, "worker")]
    assert surface.containers.done == []
    fault.inject(surface, seed=1)
    assert surface.containers.done == [broken]


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_a_target_of_processes_refuses_it_with_the_way_out(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        CONTAINERS[name].undo(FakeSurface())
    assert refused.value.hint == "--target compose"


@pytest.mark.parametrize("fault", CONTAINERS.values(), ids=CONTAINERS)
def test_a_container_that_stays_well_is_no_hit(fault: ContainerFault, tmp_path: Path) -> None:
    assert hits(tmp_path, fault) == 0
    assert hits(tmp_path, fault, WELL, WELL, WELL) == 0


def test_a_stop_is_hit_where_the_container_is_away(tmp_path: Path) -> None:
    gone = replace(WELL, alive=False)
    assert hits(tmp_path, container_stopped("worker"), WELL, WELL, gone, gone) == 2


def test_a_disconnection_is_hit_where_it_lives_alone_and_not_where_it_died(tmp_path: Path) -> None:
    alone = replace(WELL, connected=False)
    assert hits(tmp_path, container_disconnected("worker"), WELL, alone, replace(alone, alive=False)) == 1


def test_starving_is_hit_by_what_its_own_limits_refused_since_it_began(tmp_path: Path) -> None:
    throttled, refused, dead = replace(WELL, throttled=12), replace(WELL, memory_failures=3), replace(WELL, alive=False)
    of_cpu, of_memory = container_starved("worker", cpus=0.05), container_starved("worker", memory_mb=64)
    assert [hits(tmp_path, of_cpu, WELL, look) for look in (throttled, refused, dead)] == [7, 0, 0]
    assert [hits(tmp_path, of_memory, WELL, look) for look in (throttled, refused, dead)] == [0, 3, 1]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "give cpus, memory_mb, or both"),
        ({"cpus": -1, "memory_mb": 100}, "cpus: -1 is less than 0.01"),
        ({"cpus": 0.001}, "cpus: 0.001 is less than 0.01"),
        ({"memory_mb": 1}, "memory_mb: 1 is less than 6"),
    ],
)
def test_limits_that_no_engine_takes_are_refused(limits: dict[str, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        container_starved("worker", **limits)


@pytest.mark.parametrize("grace_s", [-1, 26])
def test_a_grace_longer_than_the_engine_is_asked_for_is_refused(grace_s: int) -> None:
    with pytest.raises(UsageError, match=f"grace_s: {grace_s} is not between 0 and 25"):
        container_stopped("worker", grace_s=grace_s)
