"""A worker ends with the process that started it, also where that is the first one of a container."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
_AS_ROOT = () if os.geteuid() == 0 else ("--user", "--map-current-user")
FIRST_PROCESS = ("unshare", *_AS_ROOT, "--pid", "--fork", "--mount-proc", "--kill-child")
"""Starts a command as process 1 of a namespace that ends with it."""

CHILD = """
import signal, sys
from loadtests.engine.parent import end_with
end_with(int(sys.argv[1]))
print("lives", flush=True)
signal.pause()
"""
PARENT = f"""
import os, subprocess, sys
command = [sys.executable, "-c", {CHILD!r}, sys.argv[1] or str(os.getpid())]
with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
    print(os.getpid(), child.pid, child.stdout.readline().decode().strip() or child.wait(), flush=True)
    sys.stdin.read()
    child.kill()
"""


def started(*under: str, said: str = "") -> "subprocess.Popen[str]":
    """Start a parent with a child that is told the parent's pid, or another one (`said`)."""
    command = [*under, sys.executable, "-c", PARENT, said]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def first_line(parent: "subprocess.Popen[str]") -> list[str]:
    assert parent.stdout is not None
    return parent.stdout.readline().split()


def test_a_parent_that_is_process_1_is_not_taken_for_dead() -> None:
    with started(*FIRST_PROCESS) as parent:
        pid, _, told = first_line(parent)
    assert (pid, told) == ("1", "lives")


def test_a_child_whose_parent_was_gone_before_it_asked_ends_at_once() -> None:
    with started(said="4194305") as parent:
        told = first_line(parent)[2]
    assert told == str(-signal.SIGTERM)


def test_a_child_ends_when_its_parent_is_killed() -> None:
    with started() as parent:
        _, child, told = first_line(parent)
        ending = select.poll()
        ending.register(pidfd := os.pidfd_open(int(child)))
        parent.kill()
    assert (told, len(ending.poll(20_000))) == ("lives", 1)
    os.close(pidfd)
