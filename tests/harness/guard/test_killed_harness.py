"""Whatever happens to the harness, its guard leaves nothing: no process, no port, no lock, no lease, no fault."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.core.errors import UsageError
from harness.core.fault import Undo
from harness.guard.clean import clean_up
from harness.guard.journal import UndoJournal
from harness.guard.lease import LEASE_S
from harness.guard.session import HarnessSession
from harness.provision.processes.ending import MARK_WORKSPACE, end_everything
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.workspace import Workspace, WorkspaceLock
from tests.harness.guard.admin import FaultyGateway
from tests.harness.guard.victim import MOMENTS

pytestmark = pytest.mark.real
PORT = 25180
DEADLINE_S = 10.0


class Victim:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.process: subprocess.Popen[str] | None = None

    def run_until(self, moment: str, admin: str = "", *, lease_s: float = LEASE_S) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.harness.guard.victim", str(self.workspace.root), str(PORT), moment]
        self.process = subprocess.Popen(
            [*command, str(lease_s), *([admin] if admin else [])],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.strip() == moment:
                return self.process
        raise AssertionError(f"the victim ended before it was {moment}")


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    made = Victim(Workspace(tmp_path / "ws"))
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.wait()
        assert made.process.stdout is not None
        made.process.stdout.close()
    end_everything(made.workspace)


def marked(workspace: Workspace) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK_WORKSPACE) == str(workspace.root) and process.status() != "zombie":
                found.append(process)
        except psutil.Error:
            continue
    return found


def guards(workspace: Workspace) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if "harness.guard" in command and str(workspace.root) in command and process.status() != "zombie":
            found.append(process)
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def port_is_free() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) != 0


def nothing_left(workspace: Workspace) -> bool:
    files = (
        workspace.lock_file,
        workspace.lease_file,
        workspace.undo_file,
        workspace.processes_file,
        workspace.load_file,
    )
    gone = not any(path.exists() for path in files)
    return gone and not marked(workspace) and not guards(workspace) and port_is_free()


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_9_at_any_moment_leaves_nothing(victim: Victim, moment: str) -> None:
    victim.run_until(moment).kill()
    assert eventually(lambda: nothing_left(victim.workspace)), (victim.workspace.logs / "guard.log").read_text()


def test_a_stopped_harness_loses_its_lease_and_its_platform(victim: Victim) -> None:
    process = victim.run_until("injected", lease_s=3.0)
    os.kill(process.pid, signal.SIGSTOP)
    assert eventually(lambda: nothing_left(victim.workspace))


def test_a_harness_that_stood_still_says_so_and_for_how_long(victim: Victim) -> None:
    process = victim.run_until("waiting", lease_s=3.0)
    os.kill(process.pid, signal.SIGSTOP)
    assert eventually(lambda: nothing_left(victim.workspace))
    os.kill(process.pid, signal.SIGCONT)
    out, _ = process.communicate(timeout=20)
    assert re.search(r"StoodStill: the harness stood still for about \d+ s, at most 3 s are allowed", out), out
    assert "its guard healed every fault and ended the load" in out
    assert float(out.split("seconds=")[1].split()[0]) >= 3.0


def test_ctrl_c_to_the_terminals_process_group_does_not_end_the_guard(victim: Victim) -> None:
    process = victim.run_until("running")
    os.killpg(process.pid, signal.SIGINT)
    assert len(guards(victim.workspace)) == 1
    process.kill()
    assert eventually(lambda: nothing_left(victim.workspace))


def test_a_guard_that_is_asked_to_end_stays(victim: Victim) -> None:
    process = victim.run_until("running")
    (watching,) = guards(victim.workspace)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        watching.send_signal(number)
    process.kill()
    assert eventually(lambda: nothing_left(victim.workspace))


def test_a_kept_platform_is_healed_and_stays_while_the_run_is_ended(victim: Victim) -> None:
    with FaultyGateway({"f1"}) as gateway:
        process = victim.run_until("injected", gateway.url)
        # The parent starts its child in its own time.
        assert eventually(lambda: len(marked(victim.workspace)) == 4)
        process.kill()
        assert eventually(lambda: not victim.workspace.lock_file.exists())
        assert gateway.faults == set()
    assert not victim.workspace.lease_file.exists()
    # The listener, the parent and its child; not the load.
    assert len(marked(victim.workspace)) == 3


def test_a_second_harness_is_refused_and_told_who_is_first(victim: Victim) -> None:
    process = victim.run_until("running")
    with pytest.raises(UsageError, match=rf"in use by process {process.pid} \(victim\) since"):
        HarnessSession(victim.workspace, command="second").__enter__()


def test_after_a_kill_the_workspace_can_be_used_at_once(victim: Victim) -> None:
    victim.run_until("running").kill()
    assert eventually(lambda: nothing_left(victim.workspace))
    with HarnessSession(victim.workspace, command="next") as session:
        assert session.outstanding() == []
    assert nothing_left(victim.workspace)


def test_a_harness_that_is_started_right_after_a_kill_is_left_alone_by_the_old_guard(victim: Victim) -> None:
    for _ in range(3):
        process = victim.run_until("running")
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    process = victim.run_until("running")
    # The listener, the parent and its child, which the parent starts in its own time, and the load.
    assert eventually(lambda: len(marked(victim.workspace)) == 4)
    time.sleep(1.0)  # in which an old guard would look again, and end them
    assert process.poll() is None
    assert len(marked(victim.workspace)) == 4
    assert json.loads(victim.workspace.lock_file.read_text())["pid"] == process.pid
    assert victim.workspace.lease_file.read_text() == f"{process.pid}\n"
    assert len(guards(victim.workspace)) == 1


def silent_listener() -> socket.socket:
    """Accepts connections (through its backlog) and never answers, as a frozen server does."""
    return socket.create_server(("127.0.0.1", 0))


def test_the_next_harness_waits_for_the_guard_of_a_dead_one(victim: Victim, capfd: pytest.CaptureFixture[str]) -> None:
    with silent_listener() as frozen:
        victim.run_until("injected", f"http://127.0.0.1:{frozen.getsockname()[1]}").kill()
        (old,) = guards(victim.workspace)
        lock = WorkspaceLock(victim.workspace, "next")
        lock.acquire()
        # Removing the lock file is the guard's last act: it has nothing left to do but to end.
        assert not victim.workspace.lease_file.exists()
        assert eventually(lambda: old.pid not in [process.pid for process in guards(victim.workspace)])
        assert victim.workspace.lock_file.exists()
        lock.release()
    assert "which died, to clean up" in capfd.readouterr().err


def test_a_guard_that_takes_too_long_is_a_usage_error(victim: Victim) -> None:
    with silent_listener() as frozen:
        victim.run_until("injected", f"http://127.0.0.1:{frozen.getsockname()[1]}").kill()
        assert victim.process is not None
        victim.process.wait()
        with pytest.raises(UsageError, match="still being cleaned up behind process"):
            WorkspaceLock(victim.workspace, "next", wait_s=0.3).acquire()
        assert eventually(lambda: not guards(victim.workspace))


def test_a_frozen_link_proxy_of_a_kept_platform_ends_with_its_faults(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare()
    workspace.kept_file.touch()
    workspace.load_file.write_text("keys")
    supervisor = Supervisor(workspace)
    for name in ("toxiproxy", "api1"):
        supervisor.spawn(ProcessSpec(name, (sys.executable, "-c", "import time; time.sleep(600)")))
    journal = UndoJournal(workspace.undo_file)
    try:
        with silent_listener() as frozen:
            api = f"127.0.0.1:{frozen.getsockname()[1]}"
            for number in range(6):
                where = {"api": api, "link": f"l{number}", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:2"}
                journal.register(Undo("restore_link", where))
            began = time.monotonic()
            clean_up(workspace, lambda _: None)
        assert time.monotonic() - began < DEADLINE_S
        assert (supervisor.alive("toxiproxy"), supervisor.alive("api1")) == (False, True)
        assert not workspace.undo_file.exists()
        assert not workspace.load_file.exists()
    finally:
        supervisor.stop(["toxiproxy", "api1"])


def test_a_guard_whose_log_cannot_be_written_cleans_up_all_the_same(victim: Victim) -> None:
    victim.workspace.prepare()
    (victim.workspace.logs / "guard.log").symlink_to("/dev/full")
    victim.run_until("injected").kill()
    assert eventually(lambda: nothing_left(victim.workspace))
