"""Signals to a whole family of processes, each verified."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.provision.postgres.family import freeze, kill, server_family, thaw

pytestmark = pytest.mark.real


@pytest.fixture
def process() -> Iterator[psutil.Process]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
        yield psutil.Process(child.pid)
        child.kill()


def test_what_is_frozen_stands_still_until_it_is_thawed(process: psutil.Process) -> None:
    freeze([process])
    assert process.status() == psutil.STATUS_STOPPED
    thaw([process])
    assert process.status() != psutil.STATUS_STOPPED


def test_freezing_and_thawing_twice_is_the_same_as_once(process: psutil.Process) -> None:
    freeze([process])
    freeze([process])
    thaw([process])
    thaw([process])
    assert process.status() != psutil.STATUS_STOPPED


def test_what_is_killed_is_gone_even_when_it_was_frozen(process: psutil.Process) -> None:
    freeze([process])
    kill([process])
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_is_gone_needs_no_thawing(process: psutil.Process) -> None:
    kill([process])
    thaw([process])
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_child_that_ended_before_its_parent_was_frozen_is_no_obstacle() -> None:
    program = "import os, time\nprint(os.fork() or os._exit(0), flush=True)\ntime.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        family = [psutil.Process(parent.pid), child]
        until = time.monotonic() + 10
        while child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
            time.sleep(0.01)
        try:
            freeze(family)
            assert child.status() == psutil.STATUS_ZOMBIE
            assert family[0].status() == psutil.STATUS_STOPPED
            thaw(family)
        finally:
            parent.kill()


def test_a_folder_without_a_server_has_no_family(tmp_path: Path) -> None:
    assert server_family(tmp_path) == []
