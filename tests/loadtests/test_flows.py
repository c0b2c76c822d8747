"""Every flow against an API that keeps the contract: what it does, and the history that it must leave."""

import json
from collections import Counter

import pytest

from loadtests.flows import discover
from loadtests.workloads import (
    SHOPKEEPERS_DAY,
    disputed_while_refunded,
    impatient_checkout,
    late_captures,
    late_visitors,
    payers_asked,
    taken_back,
)
from tests.loadtests.fake_api import Reply, problem
from tests.loadtests.stage import Stage

CREATED = ("create", "succeed", "OK")


def played(flow: str, **changed: int) -> Stage:
    stage = Stage()
    stage.play(flow, **changed)
    return stage


def test_every_flow_is_asked_for_by_a_workload_and_exists() -> None:
    loads = (late_visitors, taken_back, late_captures, impatient_checkout, payers_asked, disputed_while_refunded)
    asked = {*SHOPKEEPERS_DAY, *(flow for load in loads for flow in load(1, 1).mix)}
    assert set(discover()) == asked
    assert all(flow.summary for flow in discover().values())


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        ("sale", [CREATED]),
        ("decline", [("create", "decline", "FAILED")]),
        ("insufficient_funds", [("create", "decline", "FAILED")]),
        ("refund", [CREATED, ("refund", "succeed", "OK"), ("get", "succeed", "OK")]),
        ("authorize_capture", [CREATED, ("capture", "succeed", "OK")]),
        ("authorize_void", [CREATED, ("void", "succeed", "OK")]),
        ("key_reuse", [CREATED, *[("create", "refuse", "FAILED")] * 5]),
        ("foreign_currency", [*[("create", "any", "OK")] * 6, ("refund", "any", "OK")]),
        ("not_taken", [*[("create", "refuse", "FAILED")] * 2, ("create", "any", "OK"), ("refund", "refuse", "FAILED")]),
        ("cross_tenant_key", [CREATED, CREATED, ("get", "refuse", "FAILED")]),
        ("late_replay", [CREATED, CREATED]),
        ("replay_after_refund", [CREATED, ("refund", "succeed", "OK"), CREATED]),
        ("hang_up", [CREATED]),
        ("read_back", [CREATED, ("get", "succeed", "OK"), ("get", "succeed", "OK")]),
        ("list", [("list", "succeed", "OK")]),
        ("refund_fails", [CREATED, ("refund", "succeed", "OK"), *[("get_refund", "succeed", "OK")] * 12]),
        ("hold_lapses", [CREATED, ("get", "succeed", "OK")]),
        ("disputed", [CREATED, *[("get", "succeed", "OK")] * 14]),
        ("dispute_race", [CREATED, *[("refund", "any", "OK")] * 4, ("get", "succeed", "OK")]),
        ("same_key_race", [CREATED] * 18),
        ("capture_too_much", [CREATED, ("capture", "refuse", "FAILED"), ("capture", "succeed", "OK"),
                              ("capture", "refuse", "FAILED")]),
        ("refund_too_much", [CREATED, ("capture", "succeed", "OK"), *[("refund", "refuse", "FAILED")] * 2,
                             ("refund", "succeed", "OK")]),
        ("declined_by_one", [("create", "any", "FAILED"), ("create", "any", "OK")]),
        ("repeated_reference", [*[("create", "any", "OK")] * 3, *[("refund", "any", "OK")] * 2]),
        ("refund_race", [CREATED, *[("refund", "any", "OK")] * 5, *[("refund", "any", "FAILED")] * 3,
                         ("get", "succeed", "OK")]),
    ],
)  # fmt: skip
def test_a_flow_does_what_it_says_and_expects_what_happens(flow: str, told: list[tuple[str, str, str]]) -> None:
    assert played(flow).told() == told


def test_of_two_ends_of_a_hold_one_is_done_whichever_is_sent_first() -> None:
    ended = set()
    for k in range(24):
        stage = played("capture_race", k=k)
        created, *ends, seen = stage.told()
        assert (created, seen) == (CREATED, ("get", "succeed", "OK"))
        assert [outcome for _, _, outcome in ends] == ["OK", "FAILED"]
        assert {line.replica for line in stage.invokes[1:3]} == {"api1", "api2"}
        ended.add(tuple(kind for kind, _, _ in ends))
    assert ended == {("capture", "void"), ("void", "capture"), ("capture", "capture")}


@pytest.mark.parametrize("flow", sorted(SHOPKEEPERS_DAY))
def test_every_invocation_is_completed_once_and_comes_first(flow: str) -> None:
    open_attempts: set[tuple[str, int]] = set()
    for line in played(flow).lines:
        attempt = (line.op, line.attempt)
        if hasattr(line, "sent_us"):
            assert attempt not in open_attempts
            open_attempts.add(attempt)
        else:
            open_attempts.remove(attempt)
    assert not open_attempts


@pytest.mark.parametrize("merchant", range(4))
def test_the_amount_that_was_meant_is_the_amount_that_arrives(merchant: int) -> None:
    stage = played("sale", merchant=merchant, amount_minor=1_999)
    invoke, complete = stage.invokes[0], stage.completes[0]
    assert (invoke.amount_minor, invoke.currency) == (complete.got_amount_minor, complete.got_currency)
    assert invoke.amount_form == ("decimal" if merchant == 3 else "minor")


def test_a_race_shares_one_key_one_payload_and_one_reference_over_both_replicas() -> None:
    stage = played("same_key_race")
    assert {(i.idempotency_key, i.payload_hash, i.reference) for i in stage.invokes} == {
        (stage.invokes[0].idempotency_key, stage.invokes[0].payload_hash, "s7-3-pay")
    }
    assert Counter(i.replica for i in stage.invokes) == {"api1": 9, "api2": 9}
    assert [c.replayed for c in stage.completes] == [False] + [True] * 17
    assert len({c.body_sha256 for c in stage.completes}) == 1
    assert len(stage.api.payments) == 1


def test_a_refund_race_asks_for_more_than_was_captured_under_different_keys() -> None:
    stage = played("refund_race")
    refunds = [line for line in stage.invokes if line.kind == "refund"]
    assert sum(line.amount_minor or 0 for line in refunds) > 1_999
    assert len({line.idempotency_key for line in refunds}) == len({line.reference for line in refunds}) == 8
    assert stage.api.payments["pay_0"]["refunded_minor"] <= 1_999


def test_a_reused_key_carries_a_payload_that_differs_in_one_field_and_each_in_turn() -> None:
    stage = played("key_reuse")
    first, *others = stage.invokes
    assert {other.idempotency_key for other in others} == {first.idempotency_key}
    assert len({line.payload_hash for line in stage.invokes}) == 6
    assert [(other.amount_minor != first.amount_minor, other.payment_method != first.payment_method,
             other.capture_mode != first.capture_mode, bool(other.reference)) for other in others] == [
        (True, False, False, False), (False, True, False, False), (False, False, True, False),
        (False, False, False, False), (False, False, False, True),
    ]  # fmt: skip


def test_one_key_at_two_merchants_makes_two_payments() -> None:
    stage = played("cross_tenant_key")
    first, other, peek = stage.invokes
    assert first.idempotency_key == other.idempotency_key
    assert first.merchant_id != other.merchant_id == peek.merchant_id
    assert len(stage.api.payments) == 2


def test_another_merchants_currency_gets_an_amount_that_it_takes() -> None:
    first, other, _ = played("cross_tenant_key", merchant=1, amount_minor=1_277).invokes
    assert (first.amount_minor, first.currency) == (1_277, "JPY")
    assert (other.amount_minor, other.currency) == (1_270, "KWD")


def test_a_replay_after_a_refund_brings_the_first_bytes_again() -> None:
    first, _, replay = played("replay_after_refund").completes
    assert (first.body_sha256, first.got_status) == (replay.body_sha256, "captured")
    assert replay.replayed


def test_every_kind_of_nonsense_is_refused_and_makes_nothing() -> None:
    stage = Stage()
    for k in range(120):
        stage.play("malformed", k=k)
    assert {outcome for _, _, outcome in stage.told()} == {"FAILED"}
    assert not stage.api.payments
    assert len({complete.error_code for complete in stage.completes}) > 4


def lost(honest: object) -> str:
    """The request is executed, and its answer never comes."""
    honest()  # type: ignore[operator]
    return "timeout"


def never_sent(_: object) -> str:
    return "reset"


def processing(honest: object) -> Reply:
    """The payment is made, but the answer only says that it is being worked on."""
    _, headers, body = honest()  # type: ignore[operator]
    return 202, headers, json.dumps({**json.loads(body), "status": "processing"}).encode()


def test_a_lost_answer_is_sent_again_under_its_key_to_the_other_replica() -> None:
    stage = Stage()
    stage.api.script.extend([lost, never_sent])
    stage.play("refund")
    create = [line for line in stage.invokes if line.kind == "create"]
    assert [(i.op, i.attempt, i.replica) for i in create] == [
        ("3.1", 1, "api1"),
        ("3.1", 2, "api2"),
        ("3.1", 3, "api1"),
    ]
    assert len({(i.idempotency_key, i.payload_hash, i.correlation_id) for i in create}) == 1
    assert [c.outcome for c in stage.completes[:3]] == ["UNKNOWN", "UNKNOWN", "OK"]
    assert stage.completes[2].replayed
    assert stage.told()[-2:] == [("refund", "succeed", "OK"), ("get", "succeed", "OK")]


def nobody_listens(_: object) -> str:
    return "connect_refused"


def test_where_nobody_listens_the_other_replica_is_asked_at_once_and_nothing_is_in_doubt() -> None:
    stage = Stage()
    stage.api.script.append(nobody_listens)
    stage.play("sale")
    assert [(i.replica, c.outcome) for i, c in zip(stage.invokes, stage.completes, strict=True)] == [
        ("api1", "FAILED"),
        ("api2", "OK"),
    ]
    assert stage.pauses_s == [0.01]


def test_an_operation_that_nobody_ever_took_is_a_definite_failure_and_is_not_followed() -> None:
    stage = Stage()
    stage.api.script.extend([nobody_listens] * 4)
    stage.play("sale")
    assert stage.told() == [("create", "succeed", "FAILED")] * 4
    assert not stage.api.payments


def test_a_doubt_stays_a_doubt_when_nobody_listens_later() -> None:
    stage = Stage()
    stage.api.script.extend([lost, nobody_listens, nobody_listens, nobody_listens])
    stage.play("sale")
    assert [kind for kind, _, _ in stage.told()] == ["create"] * 4 + ["list"]
    assert stage.completes[-1].outcome == "OK"


def test_a_202_is_followed_by_reading_and_the_errand_goes_on() -> None:
    stage = Stage()
    stage.api.script.append(processing)
    stage.play("refund")
    assert stage.told() == [
        ("create", "succeed", "UNKNOWN"),
        ("get", "any", "OK"),
        ("refund", "succeed", "OK"),
        ("get", "succeed", "OK"),
    ]


def test_a_payment_whose_id_was_never_learnt_is_found_by_its_reference() -> None:
    stage = Stage()
    stage.api.script.extend([lost, never_sent, never_sent, never_sent])
    stage.play("sale")
    assert [kind for kind, _, _ in stage.told()] == ["create"] * 4 + ["list"]
    found = stage.completes[-1]
    assert (found.outcome, found.got_status) == ("OK", "captured")
    assert found.got_payment_id in stage.api.payments


def test_a_refund_whose_id_was_never_learnt_is_found_among_its_payments_refunds() -> None:
    stage = Stage()
    stage.api.script.extend([lambda honest: honest(), lost, never_sent, never_sent, never_sent])
    stage.play("refund")
    assert [kind for kind, _, _ in stage.told()] == ["create"] + ["refund"] * 4 + ["get", "get_refund", "get"]


def test_what_stays_unknown_is_followed_until_the_deadline_and_no_further_step_is_taken() -> None:
    stage = Stage()
    stage.api.script.extend([never_sent] * 4)
    stage.play("refund")
    assert {kind for kind, _, _ in stage.told()} == {"create", "list"}
    assert 15 < sum(stage.pauses_s) < 25


def test_a_definite_503_is_retried_once_after_the_asked_pause() -> None:
    stage = Stage()
    stage.api.script.extend([lambda _: problem(503, "gateways_unavailable", Retry_After="1")] * 2)
    stage.play("refund")
    assert stage.told() == [("create", "succeed", "FAILED")] * 2
    assert stage.pauses_s == [1.0]


def test_a_key_in_use_is_unknown_and_asked_again() -> None:
    stage = Stage()
    stage.api.script.append(lambda _: problem(409, "idempotency_key_in_use", definite=False, Retry_After="1"))
    stage.play("sale")
    assert stage.told() == [("create", "succeed", "UNKNOWN"), CREATED]
    assert stage.pauses_s == [1.0]


@pytest.mark.parametrize("flow", ["read_back", "refund"])
def test_what_was_written_is_read_at_another_replica_first(flow: str) -> None:
    stage = played(flow)
    [*_, write], read = [line for line in stage.invokes if line.idempotency_key], next(
        line for line in stage.invokes if line.kind == "get")  # fmt: skip
    assert read.replica != write.replica
    assert read.arrival == write.arrival


def test_the_first_request_is_due_with_its_arrival_and_later_ones_when_they_are_possible() -> None:
    stage = Stage()
    stage.time_us += 500_000
    stage.play("refund")
    first, second, _ = stage.invokes
    assert first.sent_us - first.due_us > 500_000
    assert second.sent_us - second.due_us < 1_000
    assert stage.completes[0].done_us <= second.due_us


def test_a_client_that_hangs_up_asks_again_with_the_usual_patience_under_the_same_key_elsewhere() -> None:
    stage = Stage()
    stage.api.script.append(lost)
    stage.play("hang_up")
    first, again = stage.invokes
    assert stage.patience_s[:2] == [0.3, 0.0]
    assert (first.idempotency_key, first.payload_hash) == (again.idempotency_key, again.payload_hash)
    assert first.replica != again.replica
