"""A generator asks to be run first: root gets it, an ordinary user is refused and goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.provision.processes import urgency
from harness.provision.processes.urgency import STEPS, hurry

GROUP = Path("/proc/self/autogroup")
SHOW = f"""
import os, pathlib
from harness.provision.processes.urgency import hurry
path = pathlib.Path("{GROUP}")
def group():
    return path.read_text().split()[-1] if path.exists() else "none"
before = os.getpriority(os.PRIO_PROCESS, 0), group()
now = hurry()
print(before[0], now, os.getpriority(os.PRIO_PROCESS, 0), before[1], group())
"""
ROOT = Path(__file__).parents[3]
NOBODY = 65_534


def show(*command: str) -> list[str]:
    """Run something in a session of its own and return its words.

    Only such a session surely has a group that the kernel weighs: the first one of a machine or container has none.
    """
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, start_new_session=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_who_may_is_run_before_others_and_so_is_a_session_of_its_own() -> None:
    before, now, read_back, group_before, group = show(sys.executable, "-c", SHOW)
    steps = STEPS if os.geteuid() == 0 else 0
    assert int(now) == int(read_back) == max(-20, int(before) - steps)
    assert group == ("none" if group_before == "none" else str(int(group_before) - steps))


def test_an_ordinary_user_goes_on_as_before() -> None:
    become = f"import os, harness.provision.processes.urgency; os.geteuid() or os.setuid({NOBODY})\n"
    before, now, read_back, group_before, group = show(sys.executable, "-c", become + SHOW)
    assert before == now == read_back
    assert group == group_before


def test_the_session_of_others_is_left_alone() -> None:
    outer, inner = ('sh -c "$0" "$@"; exit $?', '"$0" -c "$1"; exit $?')
    *_, group_before, group = show("sh", "-c", outer, inner, sys.executable, SHOW)
    assert group == group_before


@pytest.mark.parametrize("told", [None, ""], ids=["no_file", "empty_file"])
def test_where_the_kernel_weighs_no_sessions_only_the_process_asks(
    told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, asked = tmp_path / "autogroup", list[int]()
    if told is not None:
        group.write_text(told)
    monkeypatch.setattr(urgency, "_GROUP", group)
    monkeypatch.setattr(os, "nice", asked.append)
    monkeypatch.setattr(os, "getsid", lambda _: os.getpid())
    assert hurry() == os.getpriority(os.PRIO_PROCESS, 0)
    assert asked == [-STEPS]
    assert (group.read_text() if group.exists() else None) == told
