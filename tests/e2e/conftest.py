"""One warm platform for all end-to-end tests, driven through the command line as a user would."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.guard.journal import UndoJournal
from harness.provision.ports import SPAN
from harness.provision.processes.ending import MARK_WORKSPACE
from harness.workspace import Workspace
from tests.e2e.chosen import left_out

BASE_PORT = int(os.environ.get("FAULTLINE_TEST_BASE_PORT", "22000"))
RUN_DEADLINE_S = 240


STARTED: "list[subprocess.Popen[str]]" = []
"""What the present test has started."""

ENDING_S = 60.0


@dataclass(frozen=True)
class Result:
    """What one call of the command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


def as_from_a_terminal() -> None:
    """Let Ctrl-C reach the command: a shell that runs these tests in its background has had it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Faultline:
    """The command line in a workspace of its own."""

    def __init__(self, folder: Path, base_port: int = BASE_PORT) -> None:
        self.folder = folder
        self.base_port = base_port
        self.environment = {
            **os.environ,
            "FAULTLINE_WORKSPACE": str(folder / "workspace"),
            "FAULTLINE_BASE_PORT": str(base_port),
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command and return its process."""
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli.main", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=as_from_a_terminal,
        )
        STARTED.append(process)
        return process

    def __call__(self, *arguments: str, deadline_s: float = RUN_DEADLINE_S) -> Result:
        """Run a command to its end."""
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate(timeout=deadline_s)
            except subprocess.TimeoutExpired:
                process.terminate()
                raise
        return Result(process.returncode, out, err)

    def newest_run(self) -> Path:
        """Return the folder of the latest run."""
        return max((self.folder / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)

    def left_behind(self) -> list[str]:
        """Return a sentence for each port, process, lock, lease, undo and key that this workspace still has."""
        ports = range(self.base_port, self.base_port + SPAN)
        listening = [
            f"port {connection.laddr.port} is held by pid {connection.pid}"
            for connection in psutil.net_connections(kind="tcp")
            if connection.laddr and connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
        ]
        marked = [f"process {pid} carries the workspace's mark" for pid in self._marked()]
        return listening + marked + self.held()

    def held(self) -> list[str]:
        """Return a sentence for a held lock, a lease, outstanding undos and a load's job: all that a run holds."""
        workspace = Workspace(Path(self.environment["FAULTLINE_WORKSPACE"]))
        found = [f"{path.name} is there" for path in (workspace.lease_file, workspace.load_file) if path.exists()]
        if workspace.lock_file.exists() and not _free(workspace.lock_file):
            found.append("the lock is held")
        undos = UndoJournal(workspace.undo_file).outstanding().values()
        return found + [f"outstanding: {undo.kind} {dict(undo.arguments)}" for undo in undos]

    def _marked(self) -> list[int]:
        found = []
        for process in psutil.process_iter():
            try:
                mark = process.environ().get(MARK_WORKSPACE)
                if mark == self.environment["FAULTLINE_WORKSPACE"] and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
            except (psutil.Error, OSError):
                continue
        return found


def _free(lock_file: Path) -> bool:
    try:
        with lock_file.open() as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


@pytest.fixture(scope="session", autouse=True)
def provisioned() -> None:
    """What is built once is there before the first test: none of their deadlines is for a compiler."""
    built = subprocess.run([sys.executable, "-m", "harness.provision"], check=False)
    assert built.returncode == 0, "what a platform needs could not be had; see above"


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """Whatever a test started ends with it: a run that a failed test gave up on would keep its ports from the next."""
    yield
    for process in STARTED:
        end(process)
    STARTED.clear()


def end(process: "subprocess.Popen[str]") -> None:
    """End a command in good order; one that does not end is killed, and its guard cleans up."""
    if process.poll() is None:
        process.terminate()
    try:
        process.communicate(timeout=ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    except ValueError:  # its output has been read and closed
        process.wait()


@pytest.fixture(scope="session")
def faultline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faultline]:
    """A platform that is up for the whole session, and gone without a trace after it."""
    command = Faultline(tmp_path_factory.mktemp("e2e"))
    up = command("up")
    assert up.code == 0, up.err
    yield command
    down = command("down")
    assert down.code == 0, down.err
    assert command.left_behind() == []


THOROUGH = pytest.StashKey[list[str]]()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Note which thorough tests were left out."""
    for item in items:
        if item.get_closest_marker("thorough"):
            item.config.stash.setdefault(THOROUGH, []).append(item.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what `make test` leaves to `make test-all`, wherever it left out anything."""
    thorough = config.stash.get(THOROUGH, [])
    if thorough:
        terminalreporter.section("not in this set")
        terminalreporter.write_line("\n".join(left_out(thorough)))
