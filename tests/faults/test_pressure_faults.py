"""Faults that press on the database: what they do, how they are undone, and that only what was seen is a hit."""

import json
from pathlib import Path
from typing import Any

import pytest

from faults.commits_cancelled import commits_cancelled
from faults.connection_exhaustion import connection_exhaustion
from faults.database_latency import database_latency
from faults.disk_full import disk_full
from faults.replication_stalled import replication_stalled
from harness.core.errors import ControlError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, Fault, TickingFault
from tests.faults.fake_pressure import FakePressure
from tests.faults.fake_surface import FakeSurface

PRESSURE: dict[str, Fault] = {
    "commits_cancelled": commits_cancelled(),
    "connection_exhaustion": connection_exhaustion(),
    "database_latency": database_latency(),
    "disk_full": disk_full(),
    "replication_stalled": replication_stalled(),
}
BITE = Bite(from_us=10_000_000, to_us=20_000_000)


def evidence(folder: Path, fault: str, *seen: dict[str, Any]) -> Evidence:
    (folder / "plan.json").write_text("{}")
    lines = [{"at_us": 11_000_000 + n, "kind": "fault_seen", "fault": fault, **item} for n, item in enumerate(seen)]
    (folder / "events.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return Evidence(folder)


@pytest.mark.parametrize("name", sorted(PRESSURE))
def test_a_fault_carries_the_name_of_its_file(name: str) -> None:
    assert PRESSURE[name].name == name


def test_slowness_concerns_the_platforms_own_links_and_not_the_standbys() -> None:
    surface = FakeSurface()
    database_latency(latency_ms=80, jitter_ms=10).inject(surface, seed=1)
    assert surface.links.done == [
        ("toxic", "api1-to-db-a", "latency", "downstream", 1.0, {"latency": 80, "jitter": 10})
    ]


def test_a_stall_concerns_replication_alone_and_keeps_the_connection() -> None:
    surface = FakeSurface()
    replication_stalled().inject(surface, seed=1)
    assert surface.links.done == [
        ("toxic", link, "timeout", "downstream", 1.0, {"timeout": 0})
        for link in ("standby-b-to-db-a", "standby-c-to-db-a")
    ]


def test_connections_are_taken_and_each_further_one_is_seen_to_be_refused() -> None:
    surface, fault = FakeSurface(), connection_exhaustion()
    assert [undo.kind for undo in fault.undo(surface)] == ["release_connections"]
    assert fault.inject(surface, seed=1) == {"held": 150}
    assert isinstance(fault, TickingFault)
    assert fault.tick(surface) == {"refused": 1, "evicted": 0}
    assert connection_exhaustion(evict=True).tick(surface) == {"refused": 1, "evicted": 7}


def test_a_database_that_still_gives_connections_is_not_exhausted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faults.connection_exhaustion.FULL_WITHIN_S", 0.1)
    surface = FakeSurface()
    surface.pressure = FakePressure(refused=False)
    with pytest.raises(ControlError, match="still gives more"):
        connection_exhaustion().inject(surface, seed=1)


def test_the_last_connections_may_take_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    surface, answers = FakeSurface(), iter([False, False, True])
    monkeypatch.setattr(surface.pressure, "connection_refused", lambda: next(answers))
    assert connection_exhaustion().inject(surface, seed=1) == {"held": 150}
    assert next(answers, None) is None


def test_the_primarys_disk_is_filled_and_either_nodes_is_freed() -> None:
    surface, fault = FakeSurface(), disk_full()
    assert [undo.arguments["node"] for undo in fault.undo(surface)] == ["pg-a", "pg-b", "pg-c"]
    assert fault.inject(surface, seed=1) == {"node": "pg-a", "ballast_bytes": 4096, "disk_errors": 0}
    assert fault.tick(surface) == {"disk_errors": 3}


def test_waiting_commits_are_cancelled_or_lose_their_connection() -> None:
    surface = FakeSurface()
    assert commits_cancelled().inject(surface, seed=1) == {"cancelled": 2}
    assert commits_cancelled(terminate=True).tick(surface) == {"cancelled": 2}
    assert surface.pressure.done == [("cancel",), ("terminate",)]


@pytest.mark.parametrize(
    ("fault", "seen", "hits"),
    [
        (connection_exhaustion(), [{"held": 150}, {"refused": 1}, {"refused": 0}, {"refused": 1}], 2),
        (connection_exhaustion(), [{"held": 150}], 0),
        (disk_full(), [{"disk_errors": 4}, {"disk_errors": 4}, {"disk_errors": 9}], 5),
        (disk_full(), [{"disk_errors": 4}, {"disk_errors": 4}], 0),
        (commits_cancelled(), [{"cancelled": 0}, {"cancelled": 3}], 3),
        (commits_cancelled(), [], 0),
    ],
)
def test_hits_are_what_was_seen_while_it_was_on(
    tmp_path: Path, fault: Fault, seen: list[dict[str, Any]], hits: int
) -> None:
    with evidence(tmp_path, fault.name, *seen) as found:
        assert fault.hits(found, BITE) == hits
        assert fault.hits(found, Bite(from_us=30_000_000, to_us=40_000_000)) == 0
