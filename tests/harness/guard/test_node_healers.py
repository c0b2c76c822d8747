"""A database node's undo is complete by itself: the guard of a dead harness needs nothing but the journal."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness.core.errors import HealingError
from harness.core.fault import Undo
from harness.guard import node_healers
from harness.guard.clean import clean_up
from harness.guard.healers import describe, heal
from harness.guard.journal import UndoJournal
from harness.guard.node_healers import revive_undo, thaw_undo
from harness.provision.postgres.family import freeze, kill
from harness.provision.processes.ending import end_everything
from harness.provision.processes.records import ProcessRecord
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.workspace import Workspace

pytestmark = pytest.mark.real
SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path / "ws")
    made.prepare()
    yield made
    end_everything(made)


def spawn(workspace: Workspace) -> ProcessRecord:
    return Supervisor(workspace).spawn(
        ProcessSpec("pg-a", (sys.executable, "-c", SLEEP), ports={"rest": 1}, role="node", data_folder="/no/such")
    )


def test_a_killed_node_is_started_again_as_it_was_and_only_once(workspace: Workspace) -> None:
    record = spawn(workspace)
    undo = revive_undo(workspace, record)
    kill([psutil.Process(record.pid)])
    heal(undo)
    again = Supervisor(workspace).records["pg-a"]
    assert again.process() is not None
    assert (again.command, again.ports, again.role, again.data_folder) == (
        record.command,
        record.ports,
        record.role,
        record.data_folder,
    )
    heal(undo)
    assert Supervisor(workspace).records["pg-a"].pid == again.pid


def test_a_node_that_ends_at_once_is_not_healed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_healers, "_LIFE_S", 30.0)
    record = spawn(workspace)
    broken = replace(record, command=(sys.executable, "-c", "raise SystemExit('no configuration')"))
    kill([psutil.Process(record.pid)])
    with pytest.raises(HealingError, match="pg-a was started again and ended at once: no configuration"):
        heal(revive_undo(workspace, broken))


def test_a_frozen_node_runs_on_and_the_undo_is_plain_text(workspace: Workspace) -> None:
    record = spawn(workspace)
    process = psutil.Process(record.pid)
    undo = thaw_undo(record)
    freeze([process])
    heal(Undo(**json.loads(json.dumps({"kind": undo.kind, "arguments": dict(undo.arguments)}))))
    assert process.status() != psutil.STATUS_STOPPED
    assert describe(undo) == "thaw_node pg-a"


def test_a_platform_that_is_not_kept_is_ended_and_not_revived_first(workspace: Workspace) -> None:
    record = spawn(workspace)
    UndoJournal(workspace.undo_file).register(revive_undo(workspace, record))
    process = psutil.Process(record.pid)
    kill([process])
    told: list[str] = []
    clean_up(workspace, told.append)
    assert not workspace.undo_file.exists()
    assert not any("revive_node" in line for line in told), told
