import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness.core.errors import HarnessError, ProvisionError
from harness.provision.processes.ending import end_everything, end_records
from harness.provision.processes.records import load_records
from harness.provision.processes.supervisor import ProcessSpec, Supervisor, inherited_environment
from harness.workspace import Workspace

pytestmark = pytest.mark.real
SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path / "ws")
    made.prepare()
    yield made
    end_everything(made)


def spec(name: str, code: str = SLEEP, group: str = "platform") -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-u", "-c", code), group=group)


def test_a_started_process_has_its_own_session_a_log_and_a_record(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    record = supervisor.spawn(spec("one", f"print('hello'); {SLEEP}"))
    supervisor.wait_ready("one", lambda: "hello" in supervisor.tail("one"), deadline_s=10)
    assert os.getsid(record.pid) == record.pid
    assert load_records(workspace.processes_file) == {"one": record}


def test_a_process_that_exits_while_starting_shows_its_last_lines(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    supervisor.spawn(spec("one", "print('cannot open the till'); raise SystemExit(3)"))
    with pytest.raises(ProvisionError, match=r"one exited while starting with status 3(.|\n)*cannot open the till"):
        supervisor.wait_ready("one", lambda: False, deadline_s=10)


def test_a_process_that_is_never_ready_is_reported_at_the_deadline(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    supervisor.spawn(spec("one"))
    with pytest.raises(ProvisionError, match=r"one was not ready after 0 s \(http://x\)"):
        supervisor.wait_ready("one", lambda: False, deadline_s=0.2, what="http://x")


def test_a_program_that_does_not_exist_is_a_provision_error(workspace: Workspace) -> None:
    with pytest.raises(ProvisionError, match="one cannot be started"):
        Supervisor(workspace).spawn(ProcessSpec("one", ("/no/such/program",)))


def test_a_name_can_be_used_once_at_a_time(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    supervisor.spawn(spec("one"))
    with pytest.raises(HarnessError, match="one runs already"):
        supervisor.spawn(spec("one"))


def test_a_killed_process_is_not_alive_and_may_be_started_again(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    first = supervisor.spawn(spec("one"))
    os.kill(first.pid, signal.SIGKILL)
    supervisor_sees = psutil.wait_procs([psutil.Process(first.pid)], timeout=5)
    assert supervisor_sees[1] == []
    assert not supervisor.alive("one")
    assert supervisor.spawn(spec("one")).pid != first.pid


def test_stopping_ends_children_and_grandchildren(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid); {SLEEP}"
    supervisor.spawn(spec("one", code))
    supervisor.wait_ready("one", lambda: supervisor.tail("one").strip().isdecimal(), deadline_s=10)
    grandchild = psutil.Process(int(supervisor.tail("one")))
    supervisor.stop(["one", "unknown"], grace_s=1.0)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE
    assert not workspace.processes_file.exists()


def test_another_process_with_a_recorded_pid_is_left_alone(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    record = supervisor.spawn(spec("one"))
    end_records([replace(record, started_at=record.started_at - 100)])
    assert supervisor.alive("one")


def test_a_later_harness_can_adopt_and_end_what_an_earlier_one_started(workspace: Workspace) -> None:
    Supervisor(workspace).spawn(spec("one"))
    later = Supervisor(workspace)
    assert later.alive("one")
    later.stop(["one"])
    assert not later.alive("one")


def test_ending_a_group_leaves_the_other(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    supervisor.spawn(spec("platform"))
    supervisor.spawn(spec("load", group="run"))
    end_everything(workspace, groups=("run",))
    assert supervisor.alive("platform")
    assert not supervisor.alive("load")


def test_a_marked_process_is_ended_although_it_was_never_recorded(workspace: Workspace) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", f"print(flush=True); {SLEEP}"],
        env=os.environ | {"FAULTLINE_PROCESS_OF": str(workspace.root), "FAULTLINE_PROCESS_GROUP": "platform"},
        stdout=subprocess.PIPE,
    )
    # A process that was begun a moment ago has no environment of its own yet; one that speaks has.
    assert child.stdout is not None
    assert child.stdout.readline() == b"\n"
    end_everything(workspace)
    assert child.wait(timeout=5) == -signal.SIGKILL
    child.stdout.close()


def test_waiting_for_an_end_returns_the_status(workspace: Workspace) -> None:
    supervisor = Supervisor(workspace)
    supervisor.spawn(spec("one", "raise SystemExit(7)"))
    assert supervisor.wait_exit("one", deadline_s=10) == 7
    supervisor.spawn(spec("two"))
    assert supervisor.wait_exit("two", deadline_s=0.1) is None


def test_settings_of_another_platform_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAY_BUG", "PGHOST", "PATRONI_NAME", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "x")
    assert {"PAY_BUG", "PGHOST", "PATRONI_NAME", "HTTPS_PROXY"}.isdisjoint(inherited_environment())
    assert "PATH" in inherited_environment()
