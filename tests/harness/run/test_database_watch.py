"""What is written down about the database's nodes, on nodes made of plain values."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core.database_controls import NodeState, Written
from harness.run.database_watch import DatabaseWatch, is_stale, is_whole
from harness.run.events import EventLog
from tests.faults.fake_database import PRIMARY, STANDBY, FakeDatabase

DOWN = NodeState()


class Diary:
    def __init__(self, folder: Path, database: FakeDatabase) -> None:
        self._path = folder / "events.jsonl"
        self.samples: list[tuple[str, str, float]] = []
        self.log = EventLog(self._path)
        self.watch = DatabaseWatch(database, self.log, lambda _at, *told: self.samples.append(told))

    def close(self) -> None:
        self.watch.stop()
        self.log.close()

    def events(self, kind: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._path.read_text().splitlines()]
        return [line for line in lines if line["kind"] == kind]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < until, self._path.read_text()
            time.sleep(0.01)


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def diary(tmp_path: Path, database: FakeDatabase) -> Iterator[Diary]:
    with closing(Diary(tmp_path, database)) as made:
        made.watch.start()
        made.wait_for(lambda: len(made.events("cluster_whole")) == 1)
        yield made


def test_the_beginning_is_written_down(diary: Diary) -> None:
    told = {item["node"]: (item["up"], item["role"], item["timeline"]) for item in diary.events("database_state")}
    standby = (True, "standby", 3)
    assert told == {"pg-a": (True, "primary", 3), "pg-b": standby, "pg-c": standby}
    assert [item["whole"] for item in diary.events("cluster_whole")] == [True]


def test_only_what_changes_is_written_down(diary: Diary, database: FakeDatabase) -> None:
    database.states["pg-a"] = DOWN
    diary.wait_for(lambda: len(diary.events("cluster_whole")) == 2)
    database.states["pg-b"] = replace(PRIMARY, timeline=4, synchronous=0)
    diary.wait_for(lambda: len(diary.events("database_state")) == 5)
    later = [(item["node"], item["up"], item["accepts_writes"]) for item in diary.events("database_state")[3:]]
    assert later == [("pg-a", False, False), ("pg-b", True, True)]
    assert [item["whole"] for item in diary.events("cluster_whole")] == [True, False]


def test_the_standbys_lag_is_what_it_has_not_replayed(diary: Diary) -> None:
    diary.wait_for(lambda: bool(diary.samples))
    assert diary.samples[0] in {(node, "replication_lag_bytes", 1000.0) for node in ("pg-b", "pg-c")}


def test_of_two_primaries_the_older_is_asked_to_write(diary: Diary, database: FakeDatabase) -> None:
    database.states["pg-b"] = replace(PRIMARY, timeline=4)
    diary.wait_for(lambda: bool(diary.events("stale_write")))
    found = diary.events("stale_write")[0]
    assert (found["node"], found["timeline"], found["answer"]) == ("pg-a", 3, Written("accepted").answer)
    assert set(database.done) == {("write", "pg-a")}


@pytest.mark.parametrize(
    ("a", "b", "whole"),
    [
        (replace(PRIMARY, synchronous=1), STANDBY, True),
        (replace(PRIMARY, synchronous=0), STANDBY, False),
        (PRIMARY, DOWN, False),
        (PRIMARY, PRIMARY, False),
        (STANDBY, STANDBY, False),
    ],
    ids=["whole", "standby not synchronous", "standby down", "two primaries", "no primary"],
)
def test_a_cluster_is_whole_with_one_primary_and_a_synchronous_standby(a: NodeState, b: NodeState, whole: bool) -> None:
    assert is_whole({"pg-a": a, "pg-b": b}) is whole


@pytest.mark.parametrize(("confirming", "whole"), [(2, True), (1, False)])
def test_of_three_both_standbys_may_confirm_a_commit(confirming: int, whole: bool) -> None:
    primary = replace(PRIMARY, synchronous=confirming)
    assert is_whole({"pg-a": STANDBY, "pg-b": primary, "pg-c": STANDBY}) is whole


def test_a_primary_is_stale_when_another_is_on_a_later_timeline() -> None:
    later = replace(PRIMARY, timeline=4)
    assert is_stale("pg-a", {"pg-a": PRIMARY, "pg-b": later})
    assert not is_stale("pg-b", {"pg-a": PRIMARY, "pg-b": later})
    assert not is_stale("pg-b", {"pg-a": PRIMARY, "pg-b": replace(STANDBY, timeline=4)})
