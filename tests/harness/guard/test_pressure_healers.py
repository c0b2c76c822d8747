"""Whoever holds the database's connections is found by its mark and ended; ballast is removed, once or twice."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.core.errors import HealingError
from harness.guard.healers import heal
from harness.guard.pressure_healers import HOG, free_undo, release_undo
from harness.provision.processes.ending import MARK_WORKSPACE


@pytest.mark.real
def test_only_this_workspaces_holder_is_ended_and_a_second_time_nobody_is_left(tmp_path: Path) -> None:
    waits = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)", "-m", HOG]
    holders = [
        subprocess.Popen(waits, env={**os.environ, MARK_WORKSPACE: str(workspace)}, stdout=subprocess.PIPE)
        for workspace in (tmp_path / "ours", tmp_path / "theirs")
    ]
    try:
        for holder in holders:
            # A process that was begun a moment ago has no command line yet; one that speaks has.
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"\n"
        for _ in range(2):
            heal(release_undo(tmp_path / "ours"))
        assert holders[0].wait(5) != 0
        assert psutil.Process(holders[1].pid).is_running()
        assert holders[1].poll() is None
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()


def test_ballast_is_removed_and_what_is_gone_already_is_freed(tmp_path: Path) -> None:
    ballast = tmp_path / "ballast"
    ballast.write_bytes(b"\0" * 100)
    for _ in range(2):
        heal(free_undo(ballast, "pg-a"))
    assert not ballast.exists()


def test_ballast_that_cannot_be_removed_is_not_called_healed(tmp_path: Path) -> None:
    with pytest.raises(HealingError, match="cannot be removed"):
        heal(free_undo(tmp_path, "pg-a"))
