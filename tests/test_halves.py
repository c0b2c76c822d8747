"""The half that stands back stands back with all its sessions."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.halves import LESS_URGENT, hold_back

CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'], start_new_session=True)"


@pytest.mark.parametrize("program", ["input()", CHILD])
def test_each_session_is_held_back_until_the_first_process_ends(program: str) -> None:
    half = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, start_new_session=True)
    watching = threading.Thread(target=hold_back, args=(half.pid,))
    watching.start()
    try:
        until = time.monotonic() + 20
        while not all(patient(pid) for pid in family(half.pid, 1 + (program == CHILD))) and time.monotonic() < until:
            time.sleep(0.05)
        assert [patient(pid) for pid in family(half.pid, 1 + (program == CHILD))] == [True] * (1 + (program == CHILD))
    finally:
        half.communicate(b"\n", timeout=20)
    watching.join(timeout=20)
    assert not watching.is_alive()


def family(pid: int, size: int) -> list[int]:
    """Return a process and its children, and as many zeros as there are less of them than `size`."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = [pid, *(int(word) for word in children.read_text().split())] if children.exists() else [pid]
    return found + [0] * (size - len(found))


def patient(pid: int) -> bool:
    group = Path(f"/proc/{pid}/autogroup")
    if not Path("/proc/self/autogroup").exists():
        return True
    return group.exists() and group.read_text().split()[-1] == str(LESS_URGENT)
