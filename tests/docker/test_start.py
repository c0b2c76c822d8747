"""`start`, the first process of a container: it passes on how its child ended, and asks it to end when asked itself."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

START = Path(__file__).parents[2] / "docker" / "platform" / "start"
GRACEFUL = "import signal, sys; signal.signal(15, lambda *_: sys.exit(7)); print('up', flush=True); signal.pause()"


def test_the_childs_status_is_its_own() -> None:
    assert subprocess.run([START, "sh", "-c", "exit 3"], timeout=20).returncode == 3


def test_a_child_that_kills_itself_ends_the_container() -> None:
    ended = subprocess.run([START, sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], timeout=20)
    assert ended.returncode == 128 + signal.SIGKILL


def test_a_request_to_end_reaches_the_child_which_ends_in_its_own_way() -> None:
    with subprocess.Popen([START, sys.executable, "-c", GRACEFUL], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 7


def test_first_takes_the_scripts_place() -> None:
    with subprocess.Popen([START, "--first", "sh", "-c", "echo $$"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
