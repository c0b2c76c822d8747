"""A generator asks to be run first: root gets it, an ordinary user is refused and goes on."""

import os
import subprocess
import sys
from pathlib import Path

from loadtests.engine.urgency import STEPS

GROUP = Path("/proc/self/autogroup")
SHOW = f"""
import os, pathlib
from loadtests.engine.urgency import hurry
path = pathlib.Path("{GROUP}")
def group():
    return path.read_text().split()[-1] if path.exists() else "none"
before = os.getpriority(os.PRIO_PROCESS, 0), group()
now = hurry()
print(before[0], now, os.getpriority(os.PRIO_PROCESS, 0), before[1], group())
"""
ROOT = Path(__file__).parents[2]
NOBODY = 65_534


def show(*command: str, session: bool = True) -> list[str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, start_new_session=session, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_who_may_is_run_before_others_and_so_is_a_session_of_its_own() -> None:
    before, now, read_back, group_before, group = show(sys.executable, "-c", SHOW)
    steps = STEPS if os.geteuid() == 0 else 0
    assert int(now) == int(read_back) == max(-20, int(before) - steps)
    assert group == ("none" if group_before == "none" else str(int(group_before) - steps))


def test_an_ordinary_user_goes_on_as_before() -> None:
    become = f"import os, loadtests.engine.urgency; os.geteuid() or os.setuid({NOBODY})\n"
    before, now, read_back, group_before, group = show(sys.executable, "-c", become + SHOW)
    assert before == now == read_back
    assert group == group_before


def test_the_session_of_others_is_left_alone() -> None:
    *_, group_before, group = show("sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, SHOW, session=False)
    assert group == group_before
