"""A database container's small disk is filled and freed in the container itself, and nowhere else."""

import os
from collections.abc import Iterator

import pytest

from harness.core.errors import ControlError
from harness.guard import container_healers as healers
from harness.provision.containers.engine import engine
from harness.provision.containers.owned import OWNER, SERVICE, container, end_owned, states
from harness.provision.containers.pausing import pause
from harness.provision.containers.programs import run_program
from tests.images import built

pytestmark = [pytest.mark.containers, pytest.mark.real, pytest.mark.timeout(600)]

DISK_BYTES = 8 * 2**20


@pytest.fixture
def owner() -> Iterator[str]:
    """Start a container of the database's image with a small disk, and no server in it."""
    name = f"disk-{os.getpid()}"
    try:
        engine().containers.run(
            built("database"),
            ["600"],
            entrypoint=["sleep"],
            name=name,
            labels={OWNER: name, SERVICE: "pg-a"},
            network_mode="none",
            read_only=True,
            tmpfs={"/var/lib/wal": f"uid=10002,mode=0700,size={DISK_BYTES}"},
            detach=True,
        )
        run_program(name, "pg-a", ["mkdir", "/var/lib/wal/log"])
        yield name
    finally:
        end_owned(name)
    assert states(name) == {}


def free_bytes(owner: str) -> int:
    said = run_program(owner, "pg-a", ["df", "--output=avail", "--block-size=1", "/var/lib/wal"])
    return int(said.splitlines()[-1])


def free(owner: str) -> None:
    healers.free_container_disk(healers.free_undo(owner, "pg-a").arguments)


def test_the_ballast_takes_what_is_left_and_is_removed_once_or_twice(owner: str) -> None:
    assert int(run_program(owner, "pg-a", [healers.BALLAST, "fill"])) > DISK_BYTES - 2**16
    assert free_bytes(owner) == 0
    for _ in range(2):
        free(owner)
        assert free_bytes(owner) > DISK_BYTES - 2**16


def test_a_paused_container_is_freed_and_one_that_ended_has_nothing_to_free(owner: str) -> None:
    run_program(owner, "pg-a", [healers.BALLAST, "fill"])
    pause(container(owner, "pg-a"))
    free(owner)
    assert free_bytes(owner) > 0
    container(owner, "pg-a").kill()
    free(owner)
    assert states(owner)["pg-a"].state == "exited"


def test_a_node_whose_log_lies_on_the_hosts_disk_is_never_filled(owner: str) -> None:
    run_program(owner, "pg-a", ["rmdir", "/var/lib/wal/log"])
    with pytest.raises(ControlError, match="on no disk of its own"):
        run_program(owner, "pg-a", [healers.BALLAST, "fill"])
    assert free_bytes(owner) > 0
