"""Signals to a whole family of processes, each verified."""

import subprocess
import sys
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


def test_a_folder_without_a_server_has_no_family(tmp_path: Path) -> None:
    assert server_family(tmp_path) == []
