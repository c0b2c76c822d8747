"""A database server in a container is signalled as a whole, and stopped only when all of it is."""

import os
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

from harness.core.errors import ControlError
from harness.guard.container_healers import SIGNAL_SERVER, resume_container, resume_undo
from harness.provision.containers.engine import engine
from harness.provision.containers.owned import OWNER, SERVICE, end_owned, states
from harness.provision.containers.programs import run_program
from harness.provision.ports import Ports
from harness.targets.compose.layout import Layout
from harness.targets.compose.nodes import ContainerNodes
from tests.images import built

pytestmark = [pytest.mark.containers, pytest.mark.real, pytest.mark.timeout(600)]

STAND_IN = "cp /usr/bin/sleep /tmp/postgres; /tmp/postgres 600 & /tmp/postgres 601 & echo ready; wait; exec sleep 602"
"""Two processes with a server's name, and after their end one without."""
OTHERS = cast("Any", None)


@pytest.fixture
def nodes() -> Iterator[ContainerNodes]:
    """The node `pg-a`: a container of the database's image whose server does nothing."""
    layout = Layout.of(f"test-nodes{os.getpid()}", Ports(25000), "198.18.253")
    labels = {OWNER: layout.owner, SERVICE: "pg-a"}
    try:
        made = engine().containers.run(
            built("database"), ["-c", STAND_IN], entrypoint=["bash"], labels=labels, network_mode="none", detach=True
        )
        while made.logs() != b"ready\n":
            time.sleep(0.05)
        yield ContainerNodes(layout, OTHERS, OTHERS, OTHERS, reader="", superuser="")
    finally:
        end_owned(layout.owner)
    assert states(layout.owner) == {}


def awake(nodes: ContainerNodes, title: str = "") -> list[str]:
    return run_program(nodes._layout.owner, "pg-a", [SIGNAL_SERVER, "awake", title]).split()


def test_a_frozen_server_is_stopped_as_a_whole_and_runs_on(nodes: ContainerNodes) -> None:
    running = awake(nodes)
    assert len(running) == 2
    assert nodes.freeze_server("pg-a") == min(map(int, running))
    assert awake(nodes) == []
    resume_container(resume_undo(nodes._layout.owner, "pg-a", thaw=True).arguments)
    assert awake(nodes) == running


def test_one_process_is_found_by_its_title(nodes: ContainerNodes) -> None:
    [one] = awake(nodes, " 601")
    run_program(nodes._layout.owner, "pg-a", [SIGNAL_SERVER, "STOP", " 601"])
    assert one not in awake(nodes)
    assert len(awake(nodes)) == 1


def test_where_no_server_runs_nothing_is_broken_and_nothing_is_stopped(nodes: ContainerNodes) -> None:
    nodes.kill_server("pg-a")
    while awake(nodes):
        pass
    for breaks in (nodes.kill_server, nodes.freeze_server, nodes.freeze_replay):
        with pytest.raises(ControlError, match="no PostgreSQL server runs here"):
            breaks("pg-a")
    resume_container(resume_undo(nodes._layout.owner, "pg-a", thaw=True).arguments)
