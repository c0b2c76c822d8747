"""Faults of the database's nodes: whom they break, how it is undone, and that only what was seen counts as a hit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults._replication import Standbys
from faults.database_node_lost import database_node_lost
from faults.postgres_killed import postgres_killed
from faults.primary_frozen import primary_frozen
from faults.primary_partitioned import primary_partitioned
from faults.replay_frozen import replay_frozen
from faults.replication_cut import replication_cut
from faults.replication_slow import replication_slow
from faults.replication_stalled import replication_stalled
from faults.switchover import switchover
from harness.core.database_controls import Written
from harness.core.errors import ControlError, UsageError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, Fault, TickingFault
from tests.faults.fake_database import FakeDatabase
from tests.faults.fake_surface import FakeSurface

DATABASE: dict[str, Fault] = {
    "database_node_lost": database_node_lost(),
    "postgres_killed": postgres_killed(),
    "primary_frozen": primary_frozen(),
    "primary_partitioned": primary_partitioned(),
    "replay_frozen": replay_frozen(),
    "replication_cut": replication_cut(),
    "replication_slow": replication_slow(),
    "switchover": switchover(),
}
ACTS = {"database_node_lost": "kill_node", "postgres_killed": "kill_server", "primary_frozen": "freeze_node"}
BITE = Bite(from_us=10_000_000, to_us=20_000_000)


def evidence(folder: Path, *events: dict[str, Any], lag: dict[int, float] | None = None) -> Evidence:
    (folder / "plan.json").write_text("{}")
    (folder / "events.jsonl").write_text("\n".join(json.dumps(event) for event in events))
    rows = [
        {"at_us": at_us, "process": "pg-b", "metric": "replication_lag_bytes", "value": value}
        for at_us, value in (lag or {0: 0.0}).items()
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "metrics.parquet")
    return Evidence(folder)


def state(at_s: float, node: str, role: str, timeline: int, *, up: bool = True) -> dict[str, Any]:
    told = {"node": node, "up": up, "role": role, "timeline": timeline, "accepts_writes": role == "primary"}
    return {"at_us": int(at_s * 1e6), "kind": "database_state", **told}


BEFORE = (state(1, "pg-a", "primary", 3), state(1, "pg-b", "standby", 3))
GONE = state(11, "pg-a", "none", 0, up=False)
PROMOTED = state(13, "pg-b", "primary", 4)


@pytest.mark.parametrize("name", sorted(DATABASE))
def test_a_fault_carries_the_name_of_its_file(name: str) -> None:
    assert DATABASE[name].name == name


@pytest.mark.parametrize("name", sorted(ACTS))
def test_the_primary_is_broken_and_every_node_has_an_undo(name: str) -> None:
    surface = FakeSurface()
    undone = [undo.arguments["node"] for undo in DATABASE[name].undo(surface)]
    seen = DATABASE[name].inject(surface, seed=1)
    assert undone == ["pg-a", "pg-b", "pg-c"]
    assert surface.database.done == [(ACTS[name], "pg-a")]
    assert seen == {"node": "pg-a", "timeline": 3, "pid": 4711}


LOSSES = ["postgres_killed", "database_node_lost", "primary_frozen", "switchover"]


def asked(at_s: float, status: int | None, code: str = "", *, kind: str = "create") -> dict[str, Any]:
    """A client's request and what came of it; without a status its answer never came."""
    done_us = int(at_s * 1e6) + 5_000_000
    told = {"kind": kind, "sent_us": int(at_s * 1e6), "done_us": done_us, "http_status": status, "error_code": code}
    return {**told, "outcome": "OK" if status and status < 500 else "UNKNOWN"}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(
    ("events", "hits"),
    [
        ([*BEFORE, GONE, PROMOTED], 2),
        ([*BEFORE, GONE], 1),
        ([*BEFORE, GONE, state(14, "pg-a", "primary", 3)], 1),
        ([*BEFORE, GONE, state(14, "pg-a", "primary", 4)], 1),
        ([*BEFORE, GONE, state(21, "pg-b", "primary", 4)], 1),
        ([*BEFORE, state(11, "pg-a", "standby", 4), PROMOTED], 2),
        ([*BEFORE, state(11, "pg-b", "none", 0, up=False)], 0),
        ([*BEFORE, state(21, "pg-a", "none", 0, up=False)], 0),
        ([PROMOTED], 0),
        ([], 0),
    ],
    ids=[
        "gone, and another took over",
        "only gone",
        "came back as it was",
        "came back promoted",
        "another took over too late",
        "stepped down",
        "another node went",
        "gone too late",
        "nobody knows who led",
        "nothing seen",
    ],
)
def test_a_loss_of_the_primary_counts_with_or_without_a_promotion(
    tmp_path: Path, name: str, events: list[dict[str, Any]], hits: int
) -> None:
    assert DATABASE[name].hits(evidence(tmp_path, *events), BITE) == hits


@pytest.mark.parametrize("name", LOSSES)
def test_what_a_lost_primary_broke_are_the_requests_that_had_no_answer_for_want_of_it(
    tmp_path: Path, name: str
) -> None:
    broken = [asked(12 + n / 10, 503, "database_unavailable") for n in range(30)]
    broken += [asked(16 + n, None) for n in range(4)]
    others = [
        asked(9, None),
        asked(20.5, 503, "database_unavailable"),
        asked(13, 503, "gateways_unavailable"),
        asked(13, 201),
        asked(13, None, kind="final_read"),
    ]
    pq.write_table(pa.Table.from_pylist(broken + others), tmp_path / "history.parquet")
    assert DATABASE[name].hits(evidence(tmp_path, *BEFORE, GONE), BITE) == 34 + 1
    assert DATABASE[name].hits(evidence(tmp_path, *BEFORE), BITE) == 0


def test_a_switchover_needs_no_undo_and_is_asked_for_once() -> None:
    surface = FakeSurface()
    assert switchover().undo(surface) == ()
    switchover().inject(surface, seed=1)
    assert surface.database.done == [("switchover",)]


LAG = {9_000_000: 90_000.0, 12_000_000: 1000.0, 13_000_000: 20_000.0, 14_000_000: 40_000.0}


def broken(name: str, *standbys: str) -> dict[str, Any]:
    return {"at_us": 10_000_001, "kind": "fault_seen", "fault": name, "standbys": list(standbys)}


@pytest.mark.parametrize("name", ["replay_frozen", "replication_cut", "replication_slow"])
def test_replication_is_hit_when_the_standby_that_was_broken_lacks_bytes(tmp_path: Path, name: str) -> None:
    assert DATABASE[name].hits(evidence(tmp_path, broken(name, "pg-b"), lag=LAG), BITE) == 2
    assert DATABASE[name].hits(evidence(tmp_path, broken(name, "pg-c"), lag=LAG), BITE) == 0
    assert DATABASE[name].hits(evidence(tmp_path, lag=LAG), BITE) == 0


@pytest.mark.parametrize("name", ["replay_frozen", "replication_cut", "replication_slow"])
def test_a_fault_of_all_standbys_that_spared_one_hit_nothing(tmp_path: Path, name: str) -> None:
    assert DATABASE[name].hits(evidence(tmp_path, broken(name, "pg-b", "pg-c"), lag=LAG), BITE) == 0


def test_replication_is_broken_on_the_links_of_every_standby() -> None:
    surface = FakeSurface()
    links = ("standby-b-to-db-a", "standby-c-to-db-a")
    assert replication_cut().inject(surface, seed=1) == {"standbys": ["pg-b", "pg-c"]}
    replication_slow(kilobytes_per_s=8).inject(surface, seed=1)
    assert surface.links.done == [
        *(("cut", link) for link in links),
        *(("toxic", link, "bandwidth", "downstream", 1.0, {"rate": 8}) for link in links),
    ]
    assert [undo.arguments["link"] for undo in replication_slow().undo(surface)] == [*links]


def test_of_one_standby_only_its_own_links_are_broken_also_where_roles_change_meanwhile() -> None:
    surface = FakeSurface()
    for fault in (replication_cut(standbys="one"), replication_stalled(standbys="one")):
        assert list(fault.links(surface, seed=1)) == ["standby-b-to-db-a"]
        surface.database.standbys = lambda: ["pg-c", "pg-b"]  # type: ignore[method-assign]
        assert fault.inject(surface, seed=1) == {"standbys": ["pg-b"], "links": ["standby-b-to-db-a"]}
        assert {link for _, link, *_ in surface.links.done} == {"standby-b-to-db-a"}
        assert fault.settings == {"standbys": "one"}
        surface = FakeSurface()


def test_a_primary_that_moved_before_it_was_cut_off_is_not_cut_off_without_a_way_back() -> None:
    surface, fault = FakeSurface(), primary_partitioned()
    surface.database = FakeDatabase(Written("accepted"))
    assert list(fault.links(surface, seed=1)) == ["standby-x-to-db-a"]
    surface.database.primary = lambda: "pg-b"  # type: ignore[method-assign]
    with pytest.raises(ControlError, match="the primary moved from pg-a to pg-b"):
        fault.inject(surface, seed=1)
    assert surface.database.done == []


@pytest.mark.parametrize(("standbys", "frozen"), [("one", ["pg-b"]), ("all", ["pg-b", "pg-c"])])
def test_replay_stops_on_one_standby_or_on_all(standbys: Standbys, frozen: list[str]) -> None:
    surface = FakeSurface()
    assert replay_frozen(standbys=standbys).inject(surface, seed=1) == {
        "standbys": frozen,
        "pids": [4711] * len(frozen),
    }
    assert surface.database.done == [("freeze_replay", node) for node in frozen]


@pytest.mark.parametrize("make", [replay_frozen, replication_cut, replication_slow, replication_stalled])
def test_any_other_number_of_standbys_is_refused(make: Callable[..., Fault]) -> None:
    with pytest.raises(UsageError, match="standbys: 'two' is not valid") as refused:
        make(standbys="two")
    assert refused.value.hint == "valid: one, all"


def partitioned(*answers: Written) -> tuple[FakeSurface, list[dict[str, Any]]]:
    """Run the fault on a node that answers so; return what was seen as events of the run."""
    surface, fault = FakeSurface(), primary_partitioned()
    surface.database = FakeDatabase(*answers)
    assert isinstance(fault, TickingFault)
    sightings = [fault.inject(surface, seed=1), *(fault.tick(surface) for _ in answers[1:])]
    common = {"kind": "fault_seen", "fault": fault.name, "place": fault.place}
    return surface, [{"at_us": 11_000_000 + n, **common, **seen} for n, seen in enumerate(sightings)]


REFUSED = Written("refused", "read-only")


def test_the_primary_is_cut_off_after_it_accepted_a_write_and_is_tried_again_and_again(tmp_path: Path) -> None:
    surface, seen = partitioned(Written("accepted"), Written("unanswered"), REFUSED, REFUSED)
    assert surface.database.done[:2] == [("write", "pg-a"), ("partition", "pg-a")]
    assert primary_partitioned().hits(evidence(tmp_path, *seen), BITE) == 2


def test_what_clients_missed_of_a_primary_that_was_cut_off_counts_as_well(tmp_path: Path) -> None:
    _, seen = partitioned(Written("accepted"), Written("unanswered"))
    pq.write_table(pa.Table.from_pylist([asked(12, 503, "database_unavailable")]), tmp_path / "history.parquet")
    assert primary_partitioned().hits(evidence(tmp_path, *seen), BITE) == 1


def test_refusals_prove_nothing_of_a_node_that_never_accepted(tmp_path: Path) -> None:
    _, seen = partitioned(Written("accepted"), REFUSED)
    assert primary_partitioned().hits(evidence(tmp_path, *seen[1:]), BITE) == 0


def test_a_node_that_accepts_nothing_even_before_is_not_cut_off() -> None:
    surface = FakeSurface()
    surface.database = FakeDatabase(REFUSED)
    with pytest.raises(ControlError, match="pg-a accepted no write even before it was cut off: refused, read-only"):
        primary_partitioned().inject(surface, seed=1)
    assert ("partition", "pg-a") not in surface.database.done


def test_every_link_of_every_node_is_restored() -> None:
    undos = primary_partitioned().undo(FakeSurface())
    assert [undo.arguments["link"] for undo in undos] == ["standby-x-to-db-a", "standby-x-to-db-b", "standby-x-to-db-c"]
