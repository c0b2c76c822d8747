"""What is written down about the log, on nodes made of plain values."""

import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.core.database_controls import NodeState
from harness.core.errors import ControlError
from harness.run.log_watch import POLL_S, LogWatch, save_commits
from tests.faults.fake_database import FakeDatabase


def watched(database: FakeDatabase, folder: Path) -> LogWatch:
    watch = LogWatch(database)
    watch.start()
    time.sleep(10 * POLL_S)
    watch.stop(folder)
    return watch


def test_each_node_is_asked_again_and_again_and_one_that_is_down_is_told_as_that(tmp_path: Path) -> None:
    database = FakeDatabase()
    database.states["pg-b"] = NodeState()
    watched(database, tmp_path)
    rows = pq.read_table(tmp_path / "log_positions.parquet").to_pylist()
    told = {(row["node"], row["state"], row["role"], row["timeline"], row["flush_bytes"]) for row in rows}
    assert told == {("pg-a", "up", "primary", 3, 5000), ("pg-b", "refused", "none", 0, 0)}
    assert min(sum(row["node"] == node for row in rows) for node in ("pg-a", "pg-b")) >= 3


def test_commits_are_read_from_the_first_position_on(tmp_path: Path) -> None:
    watch = watched(FakeDatabase(), tmp_path)
    assert watch.first_bytes == 4000
    assert save_commits(watch, tmp_path) == ""
    assert pq.read_table(tmp_path / "commits.parquet").to_pylist() == [
        {"xid": 700, "commit_bytes": 4100, "timeline": 3}
    ]


def test_a_log_that_cannot_be_read_is_said_and_leaves_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: FakeDatabase, after_bytes: int) -> None:
        raise ControlError("the log is gone")

    monkeypatch.setattr(FakeDatabase, "commits", gone)
    assert save_commits(watched(FakeDatabase(), tmp_path), tmp_path) == "the log is gone"
    assert not (tmp_path / "commits.parquet").exists()


def test_nodes_that_never_answered_leave_no_commits(tmp_path: Path) -> None:
    database = FakeDatabase()
    database.states = {"pg-a": NodeState()}
    assert save_commits(watched(database, tmp_path), tmp_path) == "no node told how far its log went"


def test_a_system_without_nodes_leaves_nothing(tmp_path: Path) -> None:
    database = FakeDatabase()
    database.states = {}
    assert save_commits(watched(database, tmp_path), tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
