"""The table of crash points is made from the evidence alone: events, history and books."""

import json
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.crashes import Crash
from harness.core.evidence import Evidence
from harness.judge.crashing import crashes

PAYMENT = {"merchant_id": "m", "reference": "r1", "payment_id": "p1", "status": "captured"}
SWEEP = {"kind": "fault_seen", "fault": "crash_points", "fault_id": "crash_points-1", "place": "api*, worker"}


def request(reference: str, sent_us: int, done_us: int | None, *, replica: str = "api1") -> dict[str, object]:
    row = {"merchant_id": "m", "reference": reference, "payment_id": None, "kind": "create", "replica": replica}
    return {**row, "sent_us": sent_us, "done_us": done_us}


def evidence_of(folder: Path, *events: dict[str, object]) -> Evidence:
    tables: dict[str, list[dict[str, object]]] = {
        "history": [
            request("r1", 5_000_000, None),
            request("r2", 5_100_000, 5_900_000),
            request("r3", 5_100_000, 5_200_000),
            request("r4", 5_000_000, None, replica="api2"),
        ],
        "payments": [{**PAYMENT}, {**PAYMENT, "reference": "r9", "payment_id": "p9", "status": "failed"}],
        "operations": [
            {"payment_id": "p1", "created_at_us": 5_000_000, "decided_at_us": 5_100_000},
            {"payment_id": "p9", "created_at_us": 5_000_000, "decided_at_us": None},
        ],
        "outbox": [{"event_id": "e1", "payment_id": "p1", "created_at_us": 5_100_000}],
        "webhook_deliveries": [{"event_id": "e1", "delivered_at_us": 9_000_000}],
    }
    (folder / "plan.json").write_text(json.dumps({"t0_us": 1_000_000}))
    (folder / "events.jsonl").write_text("".join(json.dumps({**SWEEP, **event}) + "\n" for event in events))
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return Evidence(folder)


def died(process: str, point: str, pid: int) -> dict[str, object]:
    told = {"at_us": 5_600_000, "process": process, "died": pid, "crash_point": point, "meaning": "so far"}
    return {**told, "reached_at_us": 5_500_000}


def test_a_replicas_unanswered_requests_are_followed_to_what_they_became(tmp_path: Path) -> None:
    back = {"at_us": 8_000_000, "process": "api1", "back_after": 7, "back_at_us": 7_900_000}
    with closing(evidence_of(tmp_path, died("api1", "claimed", 7), back)) as evidence:
        found = crashes(evidence)
    assert found == (Crash("claimed", "so far", "api1", 4.5, 2.4, 2, {"captured": 1, "never made": 1}),)


def test_a_workers_undecided_and_untold_payments_are_in_its_hands(tmp_path: Path) -> None:
    healed = {"at_us": 6_500_000, "kind": "fault_healed"}
    with closing(evidence_of(tmp_path, died("worker", "outbox_published", 8), healed)) as evidence:
        (found,) = crashes(evidence)
    assert (found.back_after_s, found.in_flight, found.became) == (1.0, 2, {"captured": 1, "failed": 1})


def test_what_a_sweep_was_to_reach_and_nobody_did_has_an_empty_line(tmp_path: Path) -> None:
    began = {"at_us": 5_000_000, "crash_points": ["claimed", "recorded"]}
    with closing(evidence_of(tmp_path, began, died("api1", "claimed", 7))) as evidence:
        found = crashes(evidence)
    assert [(item.point, item.reached_s, item.back_after_s) for item in found] == [
        ("claimed", 4.5, None),
        ("recorded", None, None),
    ]
