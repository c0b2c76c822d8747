"""Any link's hits come from one table of calls; where a link may have carried nothing, the run says why."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults.gateway_latency import gateway_latency
from faults.link_down import link_down
from faults.lost_answers import lost_answers
from faults.lost_requests import lost_requests
from faults.replication_cut import replication_cut
from harness.core.column_types import schema
from harness.core.evidence import Evidence
from harness.core.fault import Bite, Fault, QuietFault
from harness.core.tables import CALLS
from harness.provision.ports import TOPOLOGY

BITE = Bite(10_000_000, 20_000_000)
LINKS = {link.name: TOPOLOGY.why_quiet(link) for link in TOPOLOGY.links}
Row = dict[str, Any]


def call(link: str, sent_s: float = 12.0, done_s: float = 12.1, phase: str = "reset", about: str = "") -> Row:
    caller, _, callee = link.partition("-to-")
    times = {"sent_at_us": int(sent_s * 1e6), "done_at_us": int(done_s * 1e6)}
    return {"caller": caller, "callee": callee, **times, "phase": phase, "http_status": None, "about": about}


def state(node: str, at_s: float, *, writes: bool) -> Row:
    return {"at_us": int(at_s * 1e6), "kind": "database_state", "node": node, "accepts_writes": writes, "timeline": 1}


def lag(node: str, at_s: float, value: float = 50_000) -> Row:
    return {"at_us": int(at_s * 1e6), "process": node, "metric": "replication_lag_bytes", "value": value}


class Run:
    """A run's folder with calls, and what else a test gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "plan.json").write_text(json.dumps({"t0_us": 0, "links": LINKS}))

    def write(self, *calls: Row, events: Sequence[Row] = (), **tables: list[Row]) -> Evidence:
        pq.write_table(pa.Table.from_pylist(list(calls), schema=schema(CALLS)), self.folder / "calls.parquet")
        told = "".join(json.dumps(event) + "\n" for event in events)
        (self.folder / "events.jsonl").write_text(told)
        for name, rows in tables.items():
            pq.write_table(pa.Table.from_pylist(rows), self.folder / f"{name}.parquet")
        return Evidence(self.folder)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def why(fault: Fault, evidence: Evidence) -> str:
    assert isinstance(fault, QuietFault)
    return fault.why_nothing(evidence, BITE)


@pytest.mark.parametrize("link", sorted(link for link in LINKS if not link.startswith(("raft", "standby"))))
def test_a_cut_of_any_link_that_somebody_tells_of_hits_the_calls_over_it(run: Run, link: str) -> None:
    others = [call(other) for other in LINKS if other != link]
    with run.write(call(link), call(link, phase="answered"), *others) as evidence:
        assert link_down(link).hits(evidence, BITE) == 1


def test_calls_outside_the_faults_window_are_nobodys_hits(run: Run) -> None:
    link = "worker-to-stripe"
    spans = [(8.0, 9.0), (9.9, 10.5), (19.9, 21.0), (19.9, 23.0), (20.1, 20.2)]
    with run.write(*(call(link, *span) for span in spans)) as evidence:
        assert link_down(link).hits(evidence, BITE) == 2


def test_calls_that_a_simulator_spoilt_are_its_own_hits(run: Run) -> None:
    calls = [call("api1-to-stripe", about="c1"), call("api2-to-stripe", about="c2"), call("worker-to-sink", about="e1")]
    spoilt = {"gateway": "stripe", "correlation_id": "c1", "fault": "execute_then_drop", "arrived_at_us": 12_050_000}
    sink = {"event_id": "e1", "fault": "sink_close", "received_at_us": 12_050_000}
    with run.write(*calls, gateway_calls=[{**spoilt, "http_status": None}], sink_events=[sink]) as evidence:
        assert link_down("*-to-stripe").hits(evidence, BITE) == 1
        assert link_down("worker-to-sink").hits(evidence, BITE) == 0


def test_latency_hits_what_was_answered_late_or_not_at_all(run: Run) -> None:
    link = "api1-to-stripe"
    calls = [call(link, 12, 12.2, "answered"), call(link, 12, 12.5, "answered"), call(link, 12, 13.5, "sent")]
    with run.write(*calls) as evidence:
        assert gateway_latency(latency_ms=400, jitter_ms=100).hits(evidence, BITE) == 2


def test_lost_answers_hit_what_the_gateway_answered_and_its_caller_never_heard(run: Run) -> None:
    calls = [call("api1-to-stripe", about=name) for name in ("answered", "spoilt", "never came")]
    known = {"gateway": "stripe", "arrived_at_us": 12_050_000}
    told = [
        {**known, "correlation_id": "answered", "fault": "", "http_status": 200},
        {**known, "correlation_id": "spoilt", "fault": "refuse", "http_status": None},
    ]
    refused = call("api1-to-stripe", phase="refused", about="answered")
    with run.write(*calls, refused, gateway_calls=told) as evidence:
        assert lost_answers("stripe").hits(evidence, BITE) == 1
        assert lost_requests("stripe").hits(evidence, BITE) == 3


def test_a_standbys_link_is_hit_where_it_lacks_what_that_primary_wrote(run: Run) -> None:
    states = [state("pg-a", 1, writes=True), state("pg-a", 15, writes=False), state("pg-b", 16, writes=True)]
    looks = [lag("pg-b", 12), lag("pg-b", 13, 100), lag("pg-c", 14), lag("pg-c", 17)]
    with run.write(events=states, metrics=looks) as evidence:
        assert link_down("standby-b-to-db-a").hits(evidence, BITE) == 1
        assert link_down("standby-c-to-db-*").hits(evidence, BITE) == 2
        assert link_down("standby-c-to-db-b").hits(evidence, BITE) == 1
        assert why(link_down("standby-b-to-db-c"), evidence).startswith("a node receives the log of the primary alone")
        assert why(link_down("standby-c-to-db-a"), evidence) == ""
        assert why(replication_cut(), evidence) == ""


def test_a_cut_of_the_votes_is_hit_where_the_primary_gave_up(run: Run) -> None:
    states = [state("pg-a", 1, writes=True), state("pg-a", 15, writes=False)]
    with run.write(events=states) as evidence:
        assert link_down("raft-*").hits(evidence, BITE) == 1
        assert link_down("worker-to-db-*").hits(evidence, BITE) == 0
    with run.write(events=states[:1]) as evidence:
        assert link_down("raft-*").hits(evidence, BITE) == 0
        assert "raft tells nobody of its messages" in why(link_down("raft-*"), evidence)


def test_a_link_that_always_carries_something_has_no_excuse(run: Run) -> None:
    with run.write(events=[state("pg-b", 1, writes=True)]) as evidence:
        for link in ("api1-to-stripe", "*-to-stripe", "stripe-to-api1", "worker-to-sink", "api2-to-db-b"):
            assert why(link_down(link), evidence) == ""
        for link in ("api2-to-db-a", "worker-to-paypal", "stripe-to-api2", "patroni-a-to-patroni-b"):
            assert why(link_down(link), evidence) != ""
