"""Healing processes for a dead harness: thawed by identity, and never somebody else's process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.core.errors import HealingError
from harness.core.fault import Undo
from harness.guard.clean import clean_up
from harness.guard.healers import heal
from harness.guard.journal import UndoJournal
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
