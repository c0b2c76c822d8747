"""Each fault: what it does, how it is undone, and that it counts its hits from the evidence and from nothing else."""

import json
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults._endpoints import EndpointFault
from faults._links import LinkFault
from faults._replication import ReplicationFault
from faults._simulators import SimulatorFault
from faults.api_frozen import api_frozen
from faults.api_killed import api_killed
from faults.async_refund_fail import async_refund_fail
from faults.brownout import brownout
from faults.clock_skew import clock_skew
from faults.connection_resets import connection_resets
from faults.crash_loop import crash_loop
from faults.crash_points import crash_points
from faults.database_black_hole import database_black_hole
from faults.decline_storm import decline_storm
from faults.delay import delay
from faults.delayed_webhooks import delayed_webhooks
from faults.disputes import disputes
from faults.drop_before_execute import drop_before_execute
from faults.dropped_webhooks import dropped_webhooks
from faults.duplicated_webhooks import duplicated_webhooks
from faults.endpoint_closes import endpoint_closes
from faults.endpoint_errors import endpoint_errors
from faults.endpoint_hangs import endpoint_hangs
from faults.endpoint_redirects import endpoint_redirects
from faults.endpoint_slow import endpoint_slow
from faults.execute_then_500 import execute_then_500
from faults.execute_then_drop import execute_then_drop
from faults.false_declines import false_declines
from faults.forged_webhooks import forged_webhooks
from faults.gateway_down import gateway_down
from faults.gateway_killed import gateway_killed
from faults.gateway_latency import gateway_latency
from faults.hold_expiry import hold_expiry
from faults.in_use import in_use
from faults.incomplete_feed import incomplete_feed
from faults.key_prune import key_prune
from faults.lagging_feed import lagging_feed
from faults.lagging_search import lagging_search
from faults.late_replies import late_replies
from faults.lenient_captures import lenient_captures
from faults.lenient_refunds import lenient_refunds
from faults.link_down import link_down
from faults.long_transactions import long_transactions
from faults.lost_answers import lost_answers
from faults.lost_requests import lost_requests
from faults.malformed_replies import malformed_replies
from faults.partial_outage import partial_outage
from faults.refunds_declined import refunds_declined
from faults.refuse import refuse
from faults.reordered_webhooks import reordered_webhooks
from faults.reset_before_read import reset_before_read
from faults.slow_link import slow_link
from faults.too_many_requests import too_many_requests
from faults.truncated_body import truncated_body
from faults.worker_killed import worker_killed
from faults.wrong_amount_echo import wrong_amount_echo
from harness import catalogue
from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.fault import Bite, Fault, LayeredFault, needs_of
from system.gateways.common.plan import known_kinds
from tests.faults.fake_surface import FakeSurface
from tests.faults.test_container_faults import CONTAINERS
from tests.faults.test_database_faults import DATABASE
from tests.faults.test_pressure_faults import PRESSURE

ALL: dict[str, Fault] = {
    "api_frozen": api_frozen(),
    "api_killed": api_killed(),
    "async_refund_fail": async_refund_fail(),
    "disputes": disputes(),
    "hold_expiry": hold_expiry(),
    "brownout": brownout(),
    "clock_skew": clock_skew(offset_s=90),
    "connection_resets": connection_resets(),
    "crash_loop": crash_loop(),
    "crash_points": crash_points(),
    "database_black_hole": database_black_hole(),
    "decline_storm": decline_storm(),
    "delayed_webhooks": delayed_webhooks(),
    "dropped_webhooks": dropped_webhooks(),
    "duplicated_webhooks": duplicated_webhooks(),
    "endpoint_closes": endpoint_closes(),
    "endpoint_errors": endpoint_errors(),
    "endpoint_hangs": endpoint_hangs(),
    "endpoint_redirects": endpoint_redirects(),
    "endpoint_slow": endpoint_slow(),
    "forged_webhooks": forged_webhooks(),
    "reordered_webhooks": reordered_webhooks(),
    "execute_then_drop": execute_then_drop(),
    "gateway_down": gateway_down(),
    "gateway_killed": gateway_killed(),
    "gateway_latency": gateway_latency(),
    "lagging_search": lagging_search(),
    "lagging_feed": lagging_feed(),
    "incomplete_feed": incomplete_feed(),
    "false_declines": false_declines(),
    "late_replies": late_replies(),
    "lenient_captures": lenient_captures(),
    "lenient_refunds": lenient_refunds(),
    "refunds_declined": refunds_declined(),
    "link_down": link_down("worker-to-sink"),
    "long_transactions": long_transactions(),
    "lost_answers": lost_answers(),
    "lost_requests": lost_requests(),
    "malformed_replies": malformed_replies(),
    "slow_link": slow_link("*-to-stripe"),
    "delay": delay(),
    "drop_before_execute": drop_before_execute(),
    "execute_then_500": execute_then_500(),
    "in_use": in_use(),
    "key_prune": key_prune(),
    "partial_outage": partial_outage(),
    "refuse": refuse(),
    "reset_before_read": reset_before_read(),
    "too_many_requests": too_many_requests(),
    "truncated_body": truncated_body(),
    "wrong_amount_echo": wrong_amount_echo(),
    "worker_killed": worker_killed(),
}
SIMULATED = sorted(
    name for name, fault in ALL.items() if isinstance(fault, SimulatorFault) and not isinstance(fault, EndpointFault)
)
"""Faults that live in a gateway's simulator."""
BITE = Bite(from_us=10_000_000, to_us=20_000_000)


def test_every_fault_file_is_tested_here() -> None:
    assert {*ALL, *CONTAINERS, *DATABASE, *PRESSURE} == set(catalogue.fault_names())


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_fault_carries_the_name_of_its_file(name: str) -> None:
    assert ALL[name].name == name


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_place_a_fault_breaks_has_an_undo(name: str) -> None:
    surface = FakeSurface()
    undos = {tuple(sorted(undo.arguments.items())) for undo in ALL[name].undo(surface) if "name" not in undo.arguments}
    mended = {undo.arguments["name"] for undo in ALL[name].undo(surface) if "name" in undo.arguments}
    ALL[name].inject(surface, seed=7)
    broken_links = {(("link", done[1]),) for done in surface.links.done}
    planted = {(("fault_id", done[1]), ("gateway", done[0])) for done in surface.gateways.done}
    assert broken_links | planted == undos
    assert {done[1] for done in surface.processes.done} <= mended


@pytest.mark.parametrize("name", sorted({**ALL, **CONTAINERS, **DATABASE, **PRESSURE}))
def test_a_fault_says_what_it_needs_unless_it_breaks_links_alone(name: str) -> None:
    """A system that is not ours has links only, and what it lacks must be refused before anything starts."""
    fault: Fault = {**ALL, **CONTAINERS, **DATABASE, **PRESSURE}[name]
    of_links_alone = isinstance(fault, LinkFault) and not isinstance(fault, ReplicationFault)
    assert bool(needs_of(fault)) != of_links_alone


def test_a_gateway_that_is_down_is_cut_from_every_caller() -> None:
    surface = FakeSurface()
    gateway_down("stripe").inject(surface, seed=1)
    assert surface.links.done == [("cut", f"{caller}-to-stripe") for caller in ("api1", "api2", "worker")]


@pytest.mark.parametrize(
    ("fault", "toxic"),
    [
        (lost_answers(), ("limit_data", "downstream", 1.0, {"bytes": 0})),
        (lost_requests(), ("timeout", "upstream", 1.0, {"timeout": 0})),
        (connection_resets(after_ms=5), ("reset_peer", "downstream", 1.0, {"timeout": 5})),
        (gateway_latency(latency_ms=300, jitter_ms=20), ("latency", "downstream", 1.0, {"latency": 300, "jitter": 20})),
    ],
)
def test_a_link_fault_is_the_toxic_that_its_name_promises(fault: Fault, toxic: tuple[object, ...]) -> None:
    surface = FakeSurface()
    fault.inject(surface, seed=1)
    assert surface.links.done[0][2:] == toxic


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_a_share_of_links_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="share"):
        lost_answers(share=share)


def test_a_share_of_the_links_is_drawn_by_the_seed_and_recorded() -> None:
    fault: Fault = lost_answers(share=0.5)
    assert isinstance(fault, LayeredFault)
    drawn = {}
    for seed in range(1, 20):
        surface = FakeSurface()
        seen = fault.inject(surface, seed=seed)
        broken = [str(done[1]) for done in surface.links.done]
        assert seen == {"links": broken, "share": 0.5}
        assert broken == list(fault.links(FakeSurface(), seed))
        assert len(broken) == 2
        drawn[seed] = tuple(broken)
    assert len(set(drawn.values())) == 3


def test_calls_in_flight_when_links_change_are_nobodys_hits(tmp_path: Path) -> None:
    """A change closes connections: two calls at that moment broke by it, one before and one after by the fault."""
    spans = {"before": (10.5, 13.0), "cut short": (13.5, 14.1), "over it": (12.0, 17.0), "after": (15.0, 17.5)}
    attempts = [
        {"attempt_id": name, "operation_id": "o", "gateway": "stripe", "dispatched_at_us": int(begun * 1e6),
         "prepared_at_us": int(begun * 1e6)}
        for name, (begun, _) in spans.items()
    ]  # fmt: skip
    moves = [
        {"attempt_id": name, "to_state": "unknown", "at_us": int(ended * 1e6)} for name, (_, ended) in spans.items()
    ]
    tables: dict[str, list[dict[str, object]]] = {
        "attempts": attempts,
        "attempt_transitions": moves,
        "operations": [{"operation_id": "o", "correlation_id": "c"}],
        "gateway_calls": [{"attempt_id": "other", "fault": "x"}],
    }
    changed = {"at_us": 14_000_000, "kind": "links_changed", "until_us": 14_200_000, "links": ["api1-to-stripe"]}
    assert hits(gateway_down("stripe"), tmp_path, **tables) == 4
    (tmp_path / "events.jsonl").write_text(json.dumps(changed))
    assert hits(gateway_down("stripe"), tmp_path, **tables) == 2
    (tmp_path / "events.jsonl").write_text(json.dumps({**changed, "links": ["api1-to-paypal"]}))
    assert hits(gateway_down("stripe"), tmp_path, **tables) == 4


def test_a_slow_link_is_slow_both_ways() -> None:
    surface = FakeSurface()
    slow_link("worker-to-sink", kilobytes_per_s=2).inject(surface, seed=1)
    assert [(done[3], done[5]) for done in surface.links.done] == [
        ("upstream", {"rate": 2}),
        ("downstream", {"rate": 2}),
    ]


@pytest.mark.parametrize(
    ("fault", "kind", "parameters"),
    [
        (brownout(share=0.3), "brownout", {}),
        (async_refund_fail(after_ms=70), "async_refund_fail", {"ms": 70}),
        (hold_expiry(after_ms=70, how="cancel"), "hold_expiry", {"ms": 70, "how": "cancel"}),
        (
            disputes(after_ms=70, decided_after_ms=9, won_share=0.1, inquiry_share=0.2, escalated_share=0.3),
            "disputes",
            {"ms": 70, "decided_ms": 9, "won_share": 0.1, "inquiry_share": 0.2, "escalated_share": 0.3},
        ),
        (execute_then_drop(how="hang"), "execute_then_drop", {"how": "hang"}),
        (late_replies(delay_ms=1500), "execute_then_late_reply", {"ms": 1500}),
        (decline_storm(), "decline_storm", {}),
        (malformed_replies(), "malformed_200", {}),
        (lenient_captures(), "lenient_captures", {}),
        (lenient_refunds(), "lenient_refunds", {}),
        (refunds_declined(), "decline_refunds", {}),
        (dropped_webhooks(), "drop_webhook", {}),
        (delayed_webhooks(ms=10), "delay_webhook", {"ms": 10}),
        (duplicated_webhooks(copies=2), "duplicate_webhook", {"copies": 2}),
        (reordered_webhooks(), "reorder_webhooks", {"hold_ms": 1500}),
        (forged_webhooks(how="stale"), "forge_signature", {"how": "stale"}),
        (endpoint_redirects("m_beta"), "sink_redirect", {"merchants": "m_beta", "status": 307}),
        (endpoint_errors(status=500), "sink_error", {"merchants": "", "status": 500}),
        (endpoint_hangs(), "sink_hang", {"merchants": "", "ms": 8000}),
        (endpoint_slow(ms=20), "sink_slow", {"merchants": "", "ms": 20}),
        (endpoint_closes(), "sink_close", {"merchants": ""}),
        (lagging_search(lag_s=30), "search_lag", {"lag_s": 30}),
        (lagging_feed(lag_s=30), "feed_lag", {"lag_s": 30}),
        (incomplete_feed(missing_share=0.1), "feed_gaps", {"missing_share": 0.1}),
        (false_declines(), "execute_then_decline", {}),
        (delay(latency_ms=700, at="after"), "delay", {"ms": 700, "at": "after"}),
        (drop_before_execute(how="reset"), "drop_before_execute", {"how": "reset"}),
        (execute_then_500(cached=False), "execute_then_500", {"cached": False}),
        (in_use(at="after"), "409_in_use", {"at": "after"}),
        (key_prune(retention_s=9), "key_prune", {"retention_s": 9}),
        (partial_outage(how="hang"), "partial_outage", {"merchants": "m_alpha", "how": "hang"}),
        (refuse(), "refuse", {}),
        (reset_before_read(), "reset_before_read", {}),
        (too_many_requests(), "429", {}),
        (truncated_body(), "truncated_body", {}),
        (wrong_amount_echo(by_minor=100), "wrong_amount_echo", {"by_minor": 100}),
    ],
)
def test_a_request_fault_is_planted_with_the_runs_seed(fault: Fault, kind: str, parameters: dict[str, object]) -> None:
    surface = FakeSurface()
    fault.inject(surface, seed=42)
    (gateway, _, planted, _, seed, given) = surface.gateways.done[0]
    assert (gateway, planted, seed, given) == (fault.place, kind, 42, parameters)


def test_every_kind_that_a_simulator_knows_is_a_fault_here() -> None:
    simulated = [ALL[name] for name in SIMULATED]
    planted = {(f.kind, frozenset(f.parameters)) for f in simulated if isinstance(f, SimulatorFault)}
    spoken = {kind for kind, _ in planted}
    assert set(known_kinds()) == spoken
    for kind, parameters in planted:
        assert parameters <= set(known_kinds()[kind].parameters)


@pytest.mark.parametrize("share", [0, -0.1, 1.5])
def test_a_share_that_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="share"):
        brownout(share=share)
    with pytest.raises(UsageError, match="share"):
        lost_answers(share=share)


def hits(fault: Fault, folder: Path, **tables: list[dict[str, object]]) -> int:
    (folder / "plan.json").write_text(json.dumps({"t0_us": 0}))
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    with closing(Evidence(folder)) as evidence:
        return fault.hits(evidence, BITE)


def attempt(name: str, gateway: str = "stripe", **columns: object) -> dict[str, object]:
    row = {"attempt_id": name, "operation_id": f"op-{name}", "gateway": gateway}
    return {**row, "dispatched_at_us": 11_000_000, "decided_at_us": 11_010_000, **columns}


def call(name: str, **columns: object) -> dict[str, object]:
    row = {"attempt_id": name, "gateway": "stripe", "endpoint": "create", "fault": "", "http_status": 200}
    return {**row, "arrived_at_us": 11_000_000, "answered_at_us": 11_001_000, **columns}


def operations(*names: str) -> list[dict[str, object]]:
    return [{"operation_id": f"op-{name}", "correlation_id": f"c-{name}"} for name in names]


def test_a_cut_gateway_hits_the_calls_that_ended_unknown_or_not_executed_in_its_window(tmp_path: Path) -> None:
    attempts = [attempt("a0"), attempt("a1"), attempt("a2"), attempt("a3", "paypal"), attempt("a4")]
    transitions = [
        {"attempt_id": "a0", "to_state": "not_executed", "at_us": 11_000_000},
        {"attempt_id": "a1", "to_state": "unknown", "at_us": 12_000_000},
        {"attempt_id": "a2", "to_state": "unknown", "at_us": 30_000_000},
        {"attempt_id": "a3", "to_state": "unknown", "at_us": 12_000_000},
        {"attempt_id": "a4", "to_state": "unknown", "at_us": 12_000_000},
    ]
    tables = {
        "attempts": attempts,
        "attempt_transitions": transitions,
        "operations": operations("a0", "a1", "a2", "a3", "a4"),
        "gateway_calls": [call("a4", fault="brownout")],
    }
    assert hits(gateway_down("stripe"), tmp_path, **tables) == 2


def test_a_cut_of_one_replicas_link_hits_that_replicas_calls_only(tmp_path: Path) -> None:
    tables = {
        "attempts": [attempt("a0"), attempt("a1")],
        "attempt_transitions": [{"attempt_id": n, "to_state": "unknown", "at_us": 11_000_000} for n in ("a0", "a1")],
        "operations": operations("a0", "a1"),
        "gateway_calls": [call("other")],
        "history": [{"correlation_id": "c-a0", "replica": "api1"}, {"correlation_id": "c-a1", "replica": "api2"}],
    }
    assert hits(gateway_down(link="api1-to-stripe"), tmp_path, **tables) == 1


def test_the_next_fault_ends_the_grace_of_the_one_before(tmp_path: Path) -> None:
    injected = {"kind": "fault_injected", "fault": "gateway_down", "place": "*-to-stripe"}
    events = [
        {**injected, "fault_id": "gateway_down-2", "at_us": 21_000_000},
        {**injected, "fault_id": "gateway_down-2", "at_us": 23_000_000, "kind": "fault_healed"},
    ]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    tables = {
        "attempts": [attempt("a0"), attempt("a1")],
        "attempt_transitions": [
            {"attempt_id": "a0", "to_state": "unknown", "at_us": 20_500_000},
            {"attempt_id": "a1", "to_state": "unknown", "at_us": 21_500_000},
        ],
        "operations": operations("a0", "a1"),
        "gateway_calls": [call("other")],
    }
    assert hits(gateway_down("stripe"), tmp_path, **tables) == 1


def test_lost_answers_hit_the_calls_that_were_answered_and_never_heard(tmp_path: Path) -> None:
    tables = {
        "attempts": [
            attempt("heard"),
            attempt("unheard", decided_at_us=13_000_000),
            attempt("dropped", decided_at_us=None),
        ],
        "operations": operations("heard", "unheard", "dropped"),
        "gateway_calls": [call("heard"), call("unheard"), call("dropped", fault="execute_then_drop", http_status=None)],
    }
    assert hits(lost_answers("stripe"), tmp_path, **tables) == 1


def test_a_black_hole_is_on_every_way_to_the_database_in_both_directions() -> None:
    surface = FakeSurface()
    database_black_hole().inject(surface, seed=1)
    laid = [(str(done[1]), *done[2:4]) for done in surface.links.done]
    ways = surface.links.matching("[aw]*-to-db-*")
    assert ways
    assert sorted(laid) == sorted((way, "timeout", stream) for way in ways for stream in ("upstream", "downstream"))


def test_a_black_hole_hits_whoever_lost_the_database_in_its_window(tmp_path: Path) -> None:
    lost = [{"process": "api1", "lost_at_us": at_us} for at_us in (9_000_000, 11_000_000, 12_000_000, 21_000_000)]
    assert hits(database_black_hole(), tmp_path, reconnects=lost) == 2


def test_a_cut_sink_hits_the_deliveries_without_an_answer(tmp_path: Path) -> None:
    tries = [{"http_status": None, "sent_at_us": 11_000_000}, {"http_status": 200, "sent_at_us": 12_000_000}]
    assert hits(link_down("worker-to-sink"), tmp_path, delivery_attempts=tries) == 1


def test_latency_hits_the_calls_that_were_slow_enough(tmp_path: Path) -> None:
    tables = {
        "attempts": [
            attempt("slow", decided_at_us=11_350_000),
            attempt("quick"),
            attempt("late", dispatched_at_us=25_000_000, decided_at_us=25_900_000),
        ],
        "attempt_transitions": [{"attempt_id": "slow", "to_state": "succeeded", "at_us": 11_350_000}],
        "operations": operations("slow", "quick", "late"),
        "gateway_calls": [call("slow")],
    }
    assert hits(gateway_latency(latency_ms=400, jitter_ms=100), tmp_path, **tables) == 1


def test_a_slow_database_link_hits_the_operations_of_its_own_replica(tmp_path: Path) -> None:
    history = [
        {"replica": "api1", "sent_us": 11_000_000, "done_us": 11_500_000, "outcome": "OK", "http_status": 201},
        {"replica": "api2", "sent_us": 11_000_000, "done_us": 11_500_000, "outcome": "OK", "http_status": 201},
        {"replica": "api1", "sent_us": 11_000_000, "done_us": 11_020_000, "outcome": "OK", "http_status": 201},
    ]
    assert hits(slow_link("api1-to-db-a", slow_ms=200), tmp_path, history=history) == 1


@pytest.mark.parametrize("name", SIMULATED)
def test_a_simulators_fault_hits_what_the_simulator_counted_itself(tmp_path: Path, name: str) -> None:
    fault = ALL[name]
    mine = {"gateway": fault.place, "fault_id": f"{name}-{fault.place}", "at_us": 11_000_000}
    others = [{**mine, "fault_id": "other"}, {**mine, "gateway": "other"}, {**mine, "at_us": 1_000_000}]
    calls = [{"gateway": fault.place, "fault": getattr(fault, "kind", ""), "arrived_at_us": 11_000_000}]
    counted = [mine, {**mine, "at_us": 20_500_000}, *others]
    assert hits(fault, tmp_path, gateway_fault_hits=counted, gateway_calls=calls) == 2


@pytest.mark.parametrize("name", SIMULATED)
def test_a_run_of_before_that_was_counted_has_the_calls_that_the_simulator_marked(tmp_path: Path, name: str) -> None:
    fault = ALL[name]
    mine = {"gateway": fault.place, "fault": getattr(fault, "kind", ""), "arrived_at_us": 11_000_000}
    others = [{**mine, "fault": ""}, {**mine, "gateway": "other"}, {**mine, "arrived_at_us": 1_000_000}]
    assert hits(fault, tmp_path, gateway_calls=[mine, *others]) == 1


def test_a_difficult_endpoint_hits_the_deliveries_that_met_its_trouble(tmp_path: Path) -> None:
    events = [
        {"fault": "sink_hang", "received_at_us": 11_000_000},
        {"fault": "sink_hang", "received_at_us": 31_000_000},
        {"fault": "", "received_at_us": 12_000_000},
    ]
    assert hits(endpoint_hangs(), tmp_path, sink_events=events) == 1
    assert hits(endpoint_slow(), tmp_path, sink_events=events) == 0
