"""Faults on processes: who dies, hangs, loops or lives in another time, and the proof of it."""

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults import crash_points as sweep
from faults.api_frozen import api_frozen
from faults.api_killed import api_killed
from faults.clock_skew import clock_skew
from faults.crash_loop import crash_loop
from faults.crash_points import API_POINTS, WORKER_POINTS, crash_points
from faults.gateway_killed import gateway_killed
from faults.long_transactions import long_transactions
from faults.worker_killed import worker_killed
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import AccountableFault, Bite, Fault, TickingFault
from harness.core.process_controls import Crash, CrashPoint
from system.crashpoints import POINTS
from tests.faults.fake_surface import FakeSurface

BITE = Bite(from_us=10_000_000, to_us=20_000_000)


def saw(fault: Fault, at_us: int = 11_000_000, **fields: object) -> dict[str, object]:
    return {"at_us": at_us, "kind": "fault_seen", "fault": fault.name, "place": fault.place, **fields}


def evidence_of(folder: Path, *events: Mapping[str, object], **tables: list[dict[str, object]]) -> Evidence:
    (folder / "plan.json").write_text(json.dumps({"t0_us": 0}))
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return Evidence(folder)


def hits(fault: Fault, folder: Path, *events: Mapping[str, object], **tables: list[dict[str, object]]) -> int:
    with closing(evidence_of(folder, *events, **tables)) as evidence:
        return fault.hits(evidence, BITE)


def request(at_us: int, *, replica: str = "api1", status: int | None = None, after_us: int = 50) -> dict[str, object]:
    row = {"kind": "create", "replica": replica, "sent_us": at_us, "done_us": at_us + after_us, "http_status": status}
    return {**row, "correlation_id": f"c-{at_us}-{replica}"}


def test_a_killed_replica_hits_the_requests_that_found_nobody(tmp_path: Path) -> None:
    history = [
        request(11_000_000),
        request(9_999_990),
        request(12_000_000, status=201),
        request(12_000_000, replica="api2"),
        request(21_000_000),
    ]
    fault = api_killed("api1")
    assert hits(fault, tmp_path, saw(fault, process="api1", died=4711), history=history) == 2


def test_a_death_that_nobody_saw_hits_nothing(tmp_path: Path) -> None:
    assert hits(api_killed("api1"), tmp_path, history=[request(11_000_000)]) == 0


def test_a_process_that_died_elsewhere_than_at_its_crash_point_hits_nothing(tmp_path: Path) -> None:
    fault = api_killed("api1", at="recorded")
    assert hits(fault, tmp_path, saw(fault, process="api1", died=4711), history=[request(11_000_000)]) == 0
    told = saw(fault, process="api1", died=4711, crash_point="recorded", reached_at_us=10_900_000)
    assert hits(fault, tmp_path, told, history=[request(11_000_000), request(10_500_000)]) == 1


def test_a_killed_worker_hits_the_events_that_had_to_wait(tmp_path: Path) -> None:
    outbox = [
        {"event_id": "waited", "created_at_us": 11_000_000, "published_at_us": 21_000_000},
        {"event_id": "half", "created_at_us": 10_000_001, "published_at_us": 10_000_002},
        {"event_id": "before", "created_at_us": 9_000_000, "published_at_us": 9_000_001},
    ]
    deliveries = [{"event_id": "half", "delivered_at_us": 22_000_000}, {"event_id": "before", "delivered_at_us": 1}]
    fault = worker_killed()
    told = saw(fault, process="worker", died=4711)
    assert hits(fault, tmp_path, told, outbox=outbox, webhook_deliveries=deliveries) == 2


def test_a_killed_gateway_hits_the_calls_that_ended_without_it(tmp_path: Path) -> None:
    fault = gateway_killed("stripe")
    tables = {
        "attempts": [{"attempt_id": "a", "operation_id": "o", "gateway": "stripe"}],
        "attempt_transitions": [{"attempt_id": "a", "to_state": "not_executed", "at_us": 12_000_000}],
        "operations": [{"operation_id": "o", "correlation_id": "c"}],
        "gateway_calls": [{"attempt_id": "other", "fault": "x"}],
    }
    assert hits(fault, tmp_path, saw(fault, process="stripe", died=4711), **tables) == 1


def test_a_frozen_replica_hits_the_requests_in_its_hands(tmp_path: Path) -> None:
    history = [
        request(11_000_000),
        request(19_000_000, status=201, after_us=1_500_000),
        request(12_000_000, status=201),
    ]
    assert hits(api_frozen("api1"), tmp_path, history=history) == 2


@pytest.mark.parametrize(("offset_s", "expected"), [(90.0, 1), (-90.0, 0)])
def test_a_skewed_clock_hits_what_is_stamped_with_it(tmp_path: Path, offset_s: float, expected: int) -> None:
    events = [
        {"received_at_us": 11_000_000, "processed_at_us": 101_010_000},
        {"received_at_us": 12_000_000, "processed_at_us": 12_010_000},
        {"received_at_us": 30_000_000, "processed_at_us": 120_010_000},
        {"received_at_us": 12_000_000, "processed_at_us": None},
    ]
    fault = clock_skew("api1", offset_s=offset_s)
    assert hits(fault, tmp_path, inbound_events=events) == expected


def test_no_skew_is_refused() -> None:
    with pytest.raises(UsageError, match="0 is no skew"):
        clock_skew("api1", offset_s=0)


def test_a_killed_process_stays_dead_until_the_undo() -> None:
    surface, fault = FakeSurface(), api_killed("api2")
    assert [undo.kind for undo in fault.undo(surface)] == ["restart_process"]
    assert fault.inject(surface, 1) == {"process": "api2", "died": 4711}
    assert fault.tick(surface) is None
    assert surface.processes.done == [("kill", "api2")]


def test_a_process_with_a_crash_point_is_armed_and_seen_to_die_there() -> None:
    surface, fault = FakeSurface(), worker_killed(at="delivery_sent")
    surface.processes.points = [CrashPoint("delivery_sent", ("worker",), "sent and not marked")]
    assert [undo.kind for undo in fault.undo(surface)] == ["disarm_process", "restart_process"]
    assert fault.inject(surface, 1) is None
    assert fault.tick(surface) is None
    surface.processes.dead.add("worker")
    surface.processes.crashes["worker"] = Crash("delivery_sent", 4711, 123)
    told = fault.tick(surface)
    assert told is not None
    assert (told["crash_point"], told["reached_at_us"]) == ("delivery_sent", 123)
    assert told["meaning"] == "sent and not marked"
    assert fault.tick(surface) is None


def test_a_crash_loop_kills_again_after_each_restart_and_counts_the_deaths(tmp_path: Path) -> None:
    surface, fault = FakeSurface(), crash_loop("api1", up_s=0.0)
    told = [fault.inject(surface, 1)]
    for _ in range(2):
        assert fault.tick(surface) is None  # starts it
        assert fault.tick(surface) is None  # not ready yet
        surface.processes.starting.clear()
        assert fault.tick(surface) is None  # answers from now on
        told.append(fault.tick(surface))
    assert [sighting and sighting["deaths"] for sighting in told] == [1, 2, 3]
    assert [done[0] for done in surface.processes.done] == ["kill", "begin", "kill", "begin", "kill"]
    assert hits(fault, tmp_path, *[saw(fault, **dict(sighting or {})) for sighting in told]) == 2


def test_the_sweep_covers_every_crash_point_of_the_code_in_the_lane_of_its_process() -> None:
    assert sorted([*API_POINTS, *WORKER_POINTS]) == sorted(point.name for point in POINTS)
    roles = {point.name: point.roles for point in POINTS}
    assert all("api" in roles[name] for name in API_POINTS)
    assert all("worker" in roles[name] for name in WORKER_POINTS)


def test_the_sweep_arms_one_point_after_another_and_starts_again_what_died(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "REST_S", -1.0)
    surface, fault = FakeSurface(), crash_points()
    processes = surface.processes
    fault.inject(surface, 1)
    assert fault.tick(surface) is None
    assert processes.done == [("arm", "api1", "before_claim"), ("arm", "worker", "outbox_written")]
    processes.dead.add("api1")
    processes.crashes["api1"] = Crash("before_claim", 4711, 5)
    told = fault.tick(surface)
    assert told is not None
    assert (told["crash_point"], told["process"], processes.done[-1]) == ("before_claim", "api1", ("begin", "api1"))
    assert fault.tick(surface) is None
    processes.starting.clear()
    back = fault.tick(surface)
    assert back is not None
    assert back["back_after"] == 4711
    fault.tick(surface)
    assert processes.done[-1] == ("arm", "api2", "claimed")


def test_a_point_that_is_not_reached_lets_another_go_first_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "REST_S", -1.0)
    monkeypatch.setattr(sweep, "PATIENCE_S", -1.0)
    surface, fault = FakeSurface(), crash_points()
    fault.inject(surface, 1)
    for _ in range(4):
        fault.tick(surface)
    at_replicas = [done for done in surface.processes.done if done[1] in ("api1", "api2")]
    assert at_replicas == [
        ("arm", "api1", "before_claim"),
        ("disarm", "api1"),
        ("arm", "api2", "claimed"),
        ("disarm", "api2"),
        ("arm", "api1", "before_claim"),
        ("disarm", "api1"),
        ("arm", "api2", "claimed"),
    ]


def test_the_last_point_is_tried_at_the_other_replica_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "REST_S", -1.0)
    monkeypatch.setattr(sweep, "PATIENCE_S", -1.0)
    monkeypatch.setattr(sweep, "API_POINTS", ("inbound_stored",))
    surface, fault = FakeSurface(), crash_points()
    fault.inject(surface, 1)
    for _ in range(3):
        fault.tick(surface)
    armed = [done[1] for done in surface.processes.done if done[0] == "arm" and done[2] == "inbound_stored"]
    assert armed == ["api1", "api2", "api1"]


def test_a_process_that_dies_as_its_point_is_taken_back_has_died_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "REST_S", -1.0)
    monkeypatch.setattr(sweep, "PATIENCE_S", -1.0)
    surface, fault = FakeSurface(), crash_points()
    processes = surface.processes
    fault.inject(surface, 1)
    fault.tick(surface)
    monkeypatch.setattr(processes, "alive", lambda name: True)
    processes.dead.add("api1")
    assert fault.tick(surface) is None
    monkeypatch.undo()
    processes.crashes["api1"] = Crash("before_claim", 4711, 5)
    told = fault.tick(surface)
    assert told is not None
    assert (told["crash_point"], told["process"]) == ("before_claim", "api1")


def test_points_at_which_nobody_died_are_named_new_ones_of_the_platform_too(tmp_path: Path) -> None:
    fault = crash_points()
    swept = [*API_POINTS, *WORKER_POINTS]
    events = [saw(fault, crash_points=[*swept, "brand_new"], swept=swept)]
    events += [saw(fault, process="api1", crash_point=name, died=1) for name in swept if name != "recorded"]
    with closing(evidence_of(tmp_path, *events)) as evidence:
        assert isinstance(fault, AccountableFault)
        assert list(fault.missed(evidence, BITE)) == ["recorded", "brand_new"]
        assert fault.hits(evidence, BITE) == len(swept) - 1


def test_faults_that_go_on_acting_are_ticked() -> None:
    assert all(isinstance(item, TickingFault) for item in (api_killed(at="recorded"), crash_loop(), crash_points()))
    assert not isinstance(api_frozen(), TickingFault)


def test_long_transactions_hold_rows_again_and_again_and_count_them(tmp_path: Path) -> None:
    surface, fault = FakeSurface(), long_transactions(hold_ms=150)
    assert list(fault.undo(surface)) == []
    told = [fault.inject(surface, 1), fault.tick(surface)]
    assert surface.pressure.done == [("hold_rows", 150)] * 2
    assert hits(fault, tmp_path, *[saw(fault, **dict(sighting)) for sighting in told]) == 4


def test_rows_are_not_held_for_long() -> None:
    with pytest.raises(UsageError, match="hold_ms: 900"):
        long_transactions(hold_ms=900)
