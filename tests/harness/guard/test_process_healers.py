"""Healing processes for a dead harness: thawed by identity, and never somebody else's process."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, cast

import psutil
import pytest

from harness.core.errors import HealingError
from harness.core.fault import Undo
from harness.guard import process_healers
from harness.guard.clean import clean_up
from harness.guard.healers import heal
from harness.guard.journal import UndoJournal
from harness.provision.containers import owned
from harness.provision.containers.owned import ContainerState, owner_of
from harness.targets.state import PlatformSecrets, PlatformState
from harness.workspace import Workspace

pytestmark = pytest.mark.real


@pytest.fixture
def sleeper() -> Iterator[psutil.Process]:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield psutil.Process(child.pid)
    child.kill()
    child.wait()


def thaw(process: psutil.Process, *, later_s: float = 0.0) -> Undo:
    started = repr(process.create_time() + later_s)
    return Undo("thaw_process", {"name": "api1", "pid": str(process.pid), "started_at": started})


def freeze(process: psutil.Process) -> None:
    process.suspend()
    until = time.monotonic() + 5
    while process.status() != psutil.STATUS_STOPPED and time.monotonic() < until:
        os.sched_yield()


def test_a_frozen_process_runs_on_and_thawing_twice_is_harmless(sleeper: psutil.Process) -> None:
    freeze(sleeper)
    heal(thaw(sleeper))
    heal(thaw(sleeper))
    assert sleeper.status() != psutil.STATUS_STOPPED


def test_a_process_that_took_over_the_pid_is_left_alone(sleeper: psutil.Process) -> None:
    freeze(sleeper)
    heal(thaw(sleeper, later_s=-100))
    assert sleeper.status() == psutil.STATUS_STOPPED


def test_a_process_that_is_gone_needs_no_thawing() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    undo = thaw(psutil.Process(child.pid))
    child.send_signal(signal.SIGKILL)
    child.wait()
    heal(undo)
    assert not psutil.pid_exists(child.pid)


def test_a_process_of_a_platform_that_nobody_describes_cannot_be_started_again(tmp_path: Path) -> None:
    undo = Undo("restart_process", {"workspace": str(tmp_path), "name": "api1"})
    with pytest.raises(HealingError, match="no platform is described"):
        heal(undo)


def test_the_guard_starts_nothing_that_it_is_about_to_end(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    workspace.prepare()
    undo = Undo("restart_process", {"workspace": str(workspace.root), "name": "api1"})
    UndoJournal(workspace.undo_file).register(undo)
    told: list[str] = []
    clean_up(workspace, told.append)
    assert not workspace.undo_file.exists()
    assert not [line for line in told if "could not" in line or "cannot" in line]


class Controlled(BaseHTTPRequestHandler):
    """A process of the platform, as far as it can be controlled; what it was asked for is kept.

    The first `hangs_up` requests get no answer.
    """

    asked: ClassVar[list[tuple[str, object]]]
    hangs_up: ClassVar[int] = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if type(self).hangs_up:
            type(self).hangs_up -= 1
            return
        self.asked.append((self.path, json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def controlled() -> Iterator[ThreadingHTTPServer]:
    class Handler(Controlled):
        asked: ClassVar[list[tuple[str, object]]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def composed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ContainerState]:
    """The containers of a workspace in which a composed platform is described."""
    workspace, containers = Workspace(tmp_path / "ws"), dict[str, ContainerState]()

    def of(owner: str) -> Mapping[str, ContainerState]:
        assert owner == owner_of(workspace)
        return containers

    workspace.prepare()
    PlatformState(25000, "", {}, PlatformSecrets(), (), "compose").save(workspace.platform_file)
    monkeypatch.setattr(owned, "states", of)
    return containers


def of_api1(kind: str, tmp_path: Path, port: int) -> Undo:
    where = {"workspace": str(tmp_path / "ws"), "name": "api1", "url": f"http://127.0.0.1:{port}"}
    return Undo(kind, where)


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("reset_clock", ("/internal/api/system/clock", {"offset_s": 0})),
        ("disarm_process", ("/internal/api/system/crash-point", {"point": None})),
    ],
)
@pytest.mark.parametrize("state", ["running", "exited"])
def test_a_container_gets_its_time_back_and_is_disarmed_where_it_lives(
    kind: str,
    asked: tuple[str, object],
    state: str,
    controlled: ThreadingHTTPServer,
    composed: dict[str, ContainerState],
    tmp_path: Path,
) -> None:
    composed["api1"] = ContainerState("1", "api1", state)
    heal(of_api1(kind, tmp_path, controlled.server_port))
    assert handler(controlled).asked == ([asked] if state == "running" else [])


def test_who_hangs_up_is_asked_again_and_not_taken_for_dead(
    controlled: ThreadingHTTPServer,
    composed: dict[str, ContainerState],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    composed["api1"] = ContainerState("1", "api1", "running")
    undo = of_api1("reset_clock", tmp_path, controlled.server_port)
    handler(controlled).hangs_up = 2
    heal(undo)
    assert handler(controlled).asked == [("/internal/api/system/clock", {"offset_s": 0})]
    handler(controlled).hangs_up = 1000
    monkeypatch.setattr(process_healers, "_TAKE_BACK_DEADLINE_S", 0.0)
    with pytest.raises(HealingError, match="refused or closed"):
        heal(undo)


def test_where_nobody_listens_nobody_has_another_time(composed: dict[str, ContainerState], tmp_path: Path) -> None:
    composed["api1"] = ContainerState("1", "api1", "running")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    began = time.monotonic()
    heal(of_api1("reset_clock", tmp_path, port))
    assert time.monotonic() - began < process_healers._TAKE_BACK_DEADLINE_S


def handler(server: ThreadingHTTPServer) -> type[Controlled]:
    return cast("type[Controlled]", server.RequestHandlerClass)
