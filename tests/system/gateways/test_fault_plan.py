"""Planting faults: what is refused, what a seed repeats, and that all documented kinds exist."""

import json
from pathlib import Path

import pytest

from system.gateways.common.books import Books
from system.gateways.common.journal import Journal
from system.gateways.common.plan import BadFault, FaultPlan
from tests.system.gateways.live import LiveGateway, call
from tests.system.gateways.tellers import Teller

DOCUMENTED = [
    "delay",
    "refuse",
    "reset_before_read",
    "execute_then_drop",
    "execute_then_500",
    "execute_then_late_reply",
    "drop_before_execute",
    "disputes",
    "429",
    "409_in_use",
    "malformed_200",
    "truncated_body",
    "wrong_amount_echo",
    "duplicate_webhook",
    "reorder_webhooks",
    "delay_webhook",
    "drop_webhook",
    "forge_signature",
    "search_lag",
    "key_prune",
    "async_refund_fail",
    "hold_expiry",
    "partial_outage",
    "brownout",
    "decline_storm",
    "lenient_refunds",
    "lenient_captures",
    "decline_refunds",
    "execute_then_decline",
    "feed_gaps",
    "feed_lag",
]


@pytest.fixture
def plan(tmp_path: Path) -> FaultPlan:
    return FaultPlan(Books(Journal(tmp_path / "journal")))


def chosen(plan: FaultPlan, count: int = 2000) -> list[int]:
    return [n for n in range(count) if plan.for_request("create", f"key{n}", 1)]


def test_every_documented_kind_can_be_planted_with_its_defaults(plan: FaultPlan) -> None:
    assert sorted(DOCUMENTED) == list(plan.kinds)
    for kind in DOCUMENTED:
        plan.arm({"id": f"f-{kind}", "kind": kind, "share": 0.5, "seed": 1})
    assert {row["kind"] for row in plan.rows()} == set(DOCUMENTED)
    assert all(row["hits"] == 0 for row in plan.rows())


def test_one_seed_repeats_the_choice_and_another_makes_its_own(plan: FaultPlan) -> None:
    choices = []
    for seed in (1, 1, 2):
        plan.arm({"id": "f", "kind": "429", "share": 0.25, "seed": seed})
        choices.append(chosen(plan))
    assert choices[0] == choices[1] != choices[2]
    assert 400 < len(choices[0]) < 600


def test_a_resend_under_the_same_key_is_chosen_anew(plan: FaultPlan) -> None:
    plan.arm({"id": "f", "kind": "429", "share": 0.5, "seed": 1})
    arrivals = [bool(plan.for_request("create", "key", arrival)) for arrival in range(1, 30)]
    assert True in arrivals
    assert False in arrivals


def test_a_fault_keeps_to_its_endpoints(plan: FaultPlan) -> None:
    plan.arm({"id": "f", "kind": "429", "parameters": {"endpoints": "refund,void"}})
    hit = [word for word in ("create", "refund", "void", "search") if plan.for_request(word, "k", 1)]
    assert hit == ["refund", "void"]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ([], "a fault is an object"),
        ({"id": "f", "kind": "latncy"}, "valid: 409_in_use, 429"),
        ({"id": "f", "kind": "delay", "parameters": {"mss": 1}}, "unknown parameter 'mss'; valid: ms, jitter_ms, at"),
        ({"id": "f", "kind": "delay", "parameters": {"ms": "1"}}, "ms must be a number"),
        ({"id": "f", "kind": "delay", "parameters": {"at": "never"}}, "at must be one of arrival, before, after, mid"),
        ({"id": "f", "kind": "delay", "parameters": {"endpoints": "nowhere"}}, "endpoints must be all, money"),
        ({"id": "f", "kind": "delay", "parameters": []}, "parameters: must be an object"),
        ({"id": "f", "kind": "execute_then_500", "parameters": {"cached": 1}}, "cached must be true or false"),
        ({"id": "f", "kind": "429", "share": 1.5}, "share: must be a number from 0 to 1"),
        ({"id": "f", "kind": "429", "share": True}, "share: must be a number from 0 to 1"),
        ({"id": "f", "kind": "429", "seed": "x"}, "seed: must be an integer"),
        ({"id": "", "kind": "429"}, "id: must be a text"),
        ({"id": "f", "kind": "429", "toxicity": 1}, "unknown field 'toxicity'"),
    ],
)
def test_nonsense_is_refused_and_names_what_is_valid(plan: FaultPlan, spec: object, told: str) -> None:
    with pytest.raises(BadFault, match=told):
        plan.arm(spec)
    assert plan.rows() == []


def test_the_admin_answers_422_201_and_404(teller: Teller) -> None:
    gateway: LiveGateway = teller.gateway
    refused = call("POST", f"{gateway.admin}/admin/faults", body=json.dumps({"id": "f", "kind": "bogus"}).encode())
    assert refused.status == 422
    assert "brownout" in refused.json["kinds"]
    assert call("POST", f"{gateway.admin}/admin/faults", body=b"{").status == 422
    gateway.arm("429", share=0.0)
    assert teller.sell("k1").ok
    assert gateway.hits() == 0
    assert gateway.disarm() == 200
    assert gateway.disarm() == 404


def test_reset_empties_books_faults_and_keys(teller: Teller) -> None:
    gateway = teller.gateway
    assert teller.sell("k1").ok
    gateway.arm("429")
    assert call("POST", f"{gateway.admin}/admin/reset").status == 200
    assert gateway.books() == {
        "charges": [], "movements": [], "disputes": [], "calls": [], "deliveries": [], "fault_hits": [],
    }  # fmt: skip
    assert call("GET", f"{gateway.admin}/admin/faults").json == []
    assert gateway.journal.stat().st_size == 0
    assert teller.sell("k1").ok
    assert gateway.moved() == 1
    stats = call("GET", f"{gateway.admin}/admin/stats").json
    assert stats["requests"] >= 2
    assert stats["cpu_s"] > 0
    assert call("GET", f"{gateway.admin}/admin/health").json["status"] == "ok"
