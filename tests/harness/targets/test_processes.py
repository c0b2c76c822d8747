"""Control of the platform's processes, on stand-ins that only sleep."""

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.core.errors import ControlError, UsageError
from harness.guard.healers import heal
from harness.provision.ports import Ports
from harness.provision.processes.ending import end_everything
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.targets.launch import Launcher
from harness.targets.processes import ProcessControls
from harness.targets.state import PlatformSecrets, PlatformState
from harness.workspace import Workspace

pytestmark = pytest.mark.real
SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare()
    yield Supervisor(workspace)
    end_everything(workspace)


@pytest.fixture
def processes(supervisor: Supervisor) -> ProcessControls:
    state = PlatformState(28000, "", {}, PlatformSecrets(), ())
    return ProcessControls(Launcher(supervisor.workspace, Ports(28000), supervisor, state), supervisor, state)


def test_a_killed_process_is_gone_and_still_missed(supervisor: Supervisor, processes: ProcessControls) -> None:
    record = supervisor.spawn(ProcessSpec("api1", SLEEP))
    assert processes.kill("api1") == record.pid
    assert record.process() is None
    assert "api1" in supervisor.records
    assert not processes.alive("api1")


def test_a_frozen_process_is_alive_until_it_is_healed(supervisor: Supervisor, processes: ProcessControls) -> None:
    record = supervisor.spawn(ProcessSpec("worker", SLEEP))
    undo = processes.undo_freeze("worker")
    assert processes.freeze("worker") == record.pid
    assert processes.alive("worker")
    assert psutil.Process(record.pid).status() == psutil.STATUS_STOPPED
    heal(undo)
    assert psutil.Process(record.pid).status() != psutil.STATUS_STOPPED


def test_what_does_not_run_can_be_neither_killed_nor_frozen(processes: ProcessControls) -> None:
    with pytest.raises(ControlError, match="api2 does not run"):
        processes.kill("api2")
    with pytest.raises(ControlError, match="api2 does not run"):
        processes.undo_freeze("api2")


def test_a_name_that_does_not_exist_is_refused_with_the_valid_ones(processes: ProcessControls) -> None:
    with pytest.raises(UsageError, match="no process matches 'api3'") as caught:
        processes.undo_kill("api3")
    assert "worker" in str(caught.value.hint)
    assert list(processes.matching("api*")) == ["api1", "api2"]


def test_a_process_that_a_healer_started_is_seen_by_whoever_started_the_first(supervisor: Supervisor) -> None:
    supervisor.spawn(ProcessSpec("api1", SLEEP))
    supervisor.spawn(ProcessSpec("api2", SLEEP))
    supervisor_of_a_healer = Supervisor(supervisor.workspace)
    supervisor_of_a_healer.stop(["api1"])
    fresh = supervisor_of_a_healer.spawn(ProcessSpec("api1", SLEEP))
    assert supervisor.records["api1"] == fresh
    assert supervisor.alive("api1")
    supervisor.stop(["api2"])
    assert supervisor.records == {"api1": fresh}
