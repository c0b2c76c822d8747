"""What is written down about the log: on nodes made of plain values, and by the process that asks."""

import socket
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.core.database_controls import LogPosition
from harness.core.errors import ControlError
from harness.run.log_asking import POLL_S, Asking
from harness.run.log_watch import LogWatch
from tests.faults.fake_database import FakeDatabase

UP = LogPosition("up", "primary", 3, 5000, 1)


def asked(folder: Path, **nodes: LogPosition) -> list[dict[str, object]]:
    asking = Asking({name: (lambda found=found: found) for name, found in nodes.items()})
    asking.start()
    time.sleep(10 * POLL_S)
    folder.mkdir(exist_ok=True)
    asking.stop(folder / "log_positions.parquet")
    return pq.read_table(folder / "log_positions.parquet").to_pylist()


def test_each_node_is_asked_again_and_again_and_one_that_is_down_is_told_as_that(tmp_path: Path) -> None:
    rows = asked(tmp_path, a=UP, b=LogPosition("refused"))
    told = {(row["node"], row["state"], row["role"], row["timeline"], row["flush_bytes"]) for row in rows}
    assert told == {("a", "up", "primary", 3, 5000), ("b", "refused", "none", 0, 0)}
    assert min(sum(row["node"] == node for row in rows) for node in ("a", "b")) >= 3


@pytest.mark.real
def test_the_asking_process_writes_what_it_heard_when_it_is_stopped(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = FakeDatabase()
    database.ports = {"pg-a": port}
    watch = LogWatch(database, tmp_path / "books")
    watch.start()
    time.sleep(5)
    watch.stop()
    watch.stop()
    states = pq.read_table(watch.path)["state"].to_pylist()
    assert len(states) > 10
    assert set(states) == {"refused"}
    assert watch.save_commits() == "no node told how far its log went"


def test_commits_are_read_from_the_first_position_on(tmp_path: Path) -> None:
    database = FakeDatabase()
    database.ports = {"pg-a": 1, "pg-b": 2}
    watch = LogWatch(database, tmp_path)
    assert watch.save_commits() == "nobody wrote down how far the log went"
    asked(tmp_path, a=UP, b=LogPosition("up", "standby", 3, 4000, 1), c=LogPosition("silent"))
    assert watch.save_commits() == ""
    assert pq.read_table(tmp_path / "commits.parquet").to_pylist() == [
        {"xid": 700, "commit_bytes": 4100, "timeline": 3}
    ]


def test_a_log_that_cannot_be_read_is_said_and_leaves_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: FakeDatabase, after_bytes: int) -> None:
        raise ControlError("the log is gone")

    monkeypatch.setattr(FakeDatabase, "commits", gone)
    database = FakeDatabase()
    database.ports = {"pg-a": 1}
    asked(tmp_path, a=UP)
    assert LogWatch(database, tmp_path).save_commits() == "the log is gone"
    assert not (tmp_path / "commits.parquet").exists()


def test_a_system_without_nodes_is_not_asked_and_leaves_nothing(tmp_path: Path) -> None:
    watch = LogWatch(FakeDatabase(), tmp_path)
    watch.start()
    watch.stop()
    assert watch.save_commits() == ""
    assert list(tmp_path.iterdir()) == []
