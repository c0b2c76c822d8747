"""What each gateway's events tell, as tables."""

import json
from typing import Any

import pytest

from system.connectors.events import MalformedEvent
from system.connectors.paypal import events as paypal_events
from system.connectors.registry import GATEWAYS
from system.connectors.stripe import events as stripe_events
from system.gateway import GatewayReply, Knowledge, ParsedEvent
from system.webhooks.inbound import read_event

HOOKS = {gateway.name: gateway.webhooks for gateway in GATEWAYS if gateway.webhooks is not None}
IDS = {"operation_id": "op_1", "attempt_id": "att_1", "payment_id": "pay_1", "merchant_id": "m_alpha"}


def stripe(type_: str, **about: Any) -> GatewayReply | None:
    told = stripe_events.read(
        {"id": "evt_1", "type": type_, "data": {"object": {"id": "pi_1", "currency": "eur", "metadata": IDS, **about}}}
    )
    assert (told.event_id, told.type, told.attempt_id) == ("evt_1", type_, "att_1")
    return told.reply


def paypal(type_: str, value: str = "19.99", currency: str = "EUR", **resource: Any) -> GatewayReply | None:
    amount = {"value": value, "currency_code": currency}
    told = paypal_events.read(
        {
            "id": "WH-1",
            "event_type": type_,
            "resource": {"id": "X1", "amount": amount, "custom_id": "op_1|att_1|pay_1|m_alpha", **resource},
        }
    )
    assert (told.event_id, told.type, told.attempt_id) == ("WH-1", type_, "att_1")
    return told.reply


@pytest.mark.parametrize(
    ("type_", "about", "amount_minor"),
    [
        ("payment_intent.succeeded", {"amount_received": 1999}, 1999),
        ("payment_intent.amount_capturable_updated", {"amount_capturable": 500, "amount_received": 0}, 500),
        ("refund.created", {"status": "succeeded", "amount": 70}, 70),
        ("refund.updated", {"status": "succeeded", "amount": 70}, 70),
    ],
)
def test_stripe_events_of_money_are_a_yes(type_: str, about: dict[str, Any], amount_minor: int) -> None:
    reply = stripe(type_, **about)
    assert reply is not None
    assert reply.knowledge is Knowledge.DEFINITE_YES
    assert (reply.gateway_ref, reply.amount_minor, reply.currency) == ("pi_1", amount_minor, "EUR")


def test_a_failed_stripe_payment_is_a_no_with_the_decline_code() -> None:
    error = {"code": "card_declined", "decline_code": "insufficient_funds"}
    reply = stripe("payment_intent.payment_failed", last_payment_error=error)
    assert reply is not None
    assert (reply.knowledge, reply.code) == (Knowledge.DEFINITE_NO, "insufficient_funds")


@pytest.mark.parametrize("type_", ["payment_intent.canceled", "payment_intent.requires_action", "new"])
def test_other_stripe_events_tell_nothing_of_one_attempt(type_: str) -> None:
    assert stripe(type_, status="canceled") is None


@pytest.mark.parametrize(("type_", "status"), [("refund.failed", "failed"), ("refund.updated", "canceled")])
def test_a_stripe_refund_that_failed_is_a_no(type_: str, status: str) -> None:
    reply = stripe(type_, status=status, amount=70)
    assert reply is not None
    assert (reply.knowledge, reply.code) == (Knowledge.DEFINITE_NO, "refund_failed")


def test_a_pending_refund_tells_nothing_yet() -> None:
    assert stripe("refund.created", status="pending", amount=70) is None
    assert paypal("PAYMENT.CAPTURE.REFUNDED", status="PENDING") is None


@pytest.mark.parametrize("odd", ["\x00", "\n", "\ud800"])
def test_ids_with_characters_that_no_database_holds_are_refused(odd: str) -> None:
    for id_, attempt, intent in ((odd, "a", "p"), ("e", odd, "p"), ("e", "a", odd)):
        about = {"id": intent, "metadata": {"attempt_id": attempt}, "amount_received": 1, "currency": "eur"}
        event = {"id": id_, "type": "payment_intent.succeeded", "data": {"object": about}}
        with pytest.raises(MalformedEvent):
            read_event(HOOKS["stripe"], json.dumps(event).encode())


@pytest.mark.parametrize(
    ("type_", "value", "currency", "reference", "amount_minor"),
    [
        ("PAYMENT.CAPTURE.COMPLETED", "19.99", "EUR", "capture:X1", 1999),
        ("PAYMENT.AUTHORIZATION.CREATED", "500", "JPY", "authorization:X1", 500),
        ("PAYMENT.CAPTURE.REFUNDED", "1.005", "KWD", "refund:X1", 1005),
    ],
)
def test_paypal_events_of_money_are_a_yes(
    type_: str, value: str, currency: str, reference: str, amount_minor: int
) -> None:
    reply = paypal(type_, value, currency)
    assert reply is not None
    assert reply.knowledge is Knowledge.DEFINITE_YES
    assert (reply.gateway_ref, reply.amount_minor, reply.currency) == (reference, amount_minor, currency)


@pytest.mark.parametrize("type_", ["PAYMENT.CAPTURE.DECLINED", "PAYMENT.AUTHORIZATION.DENIED"])
def test_paypal_denials_are_a_no(type_: str) -> None:
    reply = paypal(type_)
    assert reply is not None
    assert reply.knowledge is Knowledge.DEFINITE_NO


@pytest.mark.parametrize(
    ("type_", "value", "currency"),
    [
        ("PAYMENT.AUTHORIZATION.VOIDED", "19.99", "EUR"),
        ("PAYMENT.CAPTURE.COMPLETED", "19.999", "EUR"),
        ("PAYMENT.CAPTURE.COMPLETED", "1e3", "EUR"),
        ("PAYMENT.CAPTURE.COMPLETED", "1", "XXX"),
    ],
)
def test_other_paypal_events_and_unreadable_amounts_prove_nothing(type_: str, value: str, currency: str) -> None:
    assert paypal(type_, value, currency) is None


def test_events_without_our_ids_are_read_and_tell_nothing() -> None:
    assert stripe_events.read({"id": "evt_1", "type": "charge.updated"}).reply is None
    assert paypal_events.read({"id": "WH-1", "event_type": "x", "resource": {"custom_id": "a|b"}}).attempt_id == ""


@pytest.mark.parametrize("gateway", ["stripe", "paypal"])
def test_an_event_with_a_member_twice_is_malformed(gateway: str) -> None:
    with pytest.raises(MalformedEvent, match="twice"):
        read_event(HOOKS[gateway], b'{"id": "evt_1", "id": "evt_2", "type": "x", "event_type": "x"}')


@pytest.mark.parametrize("event", [{}, {"id": ""}, {"id": 1, "type": "x"}, {"id": "e" * 256, "type": "x"}])
def test_what_has_no_id_or_type_is_malformed(event: dict[str, Any]) -> None:
    for reader in (stripe_events.read, paypal_events.read):
        with pytest.raises(MalformedEvent):
            reader(event)


def told_by_stripe(type_: str, **about: Any) -> ParsedEvent:
    event = {"id": "e", "type": type_, "data": {"object": {"currency": "eur", "amount": 70, **about}}}
    return read_event(HOOKS["stripe"], json.dumps(event).encode())


MINE = {"metadata": {"attempt_id": "att_1"}}


@pytest.mark.parametrize(
    ("type_", "about", "what"),
    [
        ("refund.failed", {"status": "failed", **MINE}, "refund_failed"),
        ("charge.refund.updated", {"status": "failed", **MINE}, "refund_failed"),
        ("payment_intent.canceled", {"cancellation_reason": "automatic", **MINE}, "expired"),
        ("payment_intent.canceled", {"cancellation_reason": "expired", **MINE}, "expired"),
        ("payment_intent.canceled", {"cancellation_reason": "requested_by_customer", **MINE}, "canceled"),
        ("payment_intent.canceled", {"cancellation_reason": None, **MINE}, "canceled"),
        ("charge.expired", MINE, "expired"),
    ],
)
def test_what_stripe_takes_back(type_: str, about: dict[str, Any], what: str) -> None:
    taken = told_by_stripe(type_, **about).taken_back
    assert taken is not None
    assert (taken.what, taken.amount_minor, taken.currency) == (what, 70, "EUR")


WITHDRAWN = {"amount": -70, "fee": 15}
REINSTATED = {"amount": 70, "fee": 0}


@pytest.mark.parametrize(
    ("status", "lines", "state", "moved"),
    [
        ("warning_needs_response", [], "inquiry", (0, 0, 0)),
        ("warning_under_review", [], "inquiry", (0, 0, 0)),
        ("warning_closed", [], "closed", (0, 0, 0)),
        ("needs_response", [WITHDRAWN], "needs_response", (70, 15, 0)),
        ("under_review", [WITHDRAWN], "under_review", (70, 15, 0)),
        ("lost", [WITHDRAWN], "lost", (70, 15, 0)),
        ("won", [WITHDRAWN, REINSTATED], "won", (70, 15, 70)),
        ("needs_response", None, "needs_response", (70, 0, 0)),
        ("warning_needs_response", None, "inquiry", (0, 0, 0)),
    ],
)
def test_what_stripe_tells_of_a_dispute(status: str, lines: Any, state: str, moved: tuple[int, int, int]) -> None:
    about = {"id": "dp_1", "payment_intent": "pi_1", "status": status, "balance_transactions": lines, "created": 7}
    for type_ in ("created", "updated", "funds_withdrawn", "funds_reinstated", "closed"):
        told = told_by_stripe(f"charge.dispute.{type_}", **about).dispute
        assert told is not None
        assert (told.reference, told.charge_ref, told.state, told.amount_minor) == ("dp_1", "pi_1", state, 70)
        assert (told.withdrawn_minor, told.fee_minor, told.reinstated_minor) == moved
        assert told.opened_at_us == 7_000_000


@pytest.mark.parametrize(
    ("type_", "about"),
    [
        ("refund.updated", {"status": "succeeded", **MINE}),
        ("charge.dispute.created", {"id": "dp_1", "payment_intent": None, "status": "lost"}),
        ("charge.dispute.created", {"id": "dp_1", "payment_intent": "pi_1", "status": "lost", "amount": "70"}),
        ("charge.dispute.created", {"id": "dp_1", "payment_intent": "pi_1", "status": "prevented"}),
        ("charge.dispute.created", {"id": None, "payment_intent": "pi_1", "status": "lost"}),
    ],
)
def test_stripe_events_that_take_nothing_back(type_: str, about: dict[str, Any]) -> None:
    told = told_by_stripe(type_, **about)
    assert (told.taken_back, told.dispute) == (None, None)


def told_by_paypal(type_: str, **resource: Any) -> ParsedEvent:
    whole = {"custom_id": "op|att_1|pay|m", "amount": {"value": "0.70", "currency_code": "EUR"}, **resource}
    return read_event(HOOKS["paypal"], json.dumps({"id": "WH", "event_type": type_, "resource": whole}).encode())


ENDS = {"status": "VOIDED", "expiration_time": "2026-01-30T10:00:00Z"}
CASE = {"dispute_id": "PP-1", "dispute_amount": {"value": "0.70", "currency_code": "EUR"}, "disputed_transactions": [
    {"seller_transaction_id": "X1", "custom": "op|att_1|pay|m"}]}  # fmt: skip
HELD = {"affected_party": "SELLER", "type": "DEBIT", "amount": {"value": "0.70", "currency_code": "EUR"}}
BACK = {**HELD, "type": "CREDIT"}
BUYERS = {**HELD, "affected_party": "BUYER", "type": "CREDIT"}
RESOLVED = {"status": "RESOLVED", "dispute_life_cycle_stage": "CHARGEBACK"}


@pytest.mark.parametrize(
    ("facts", "state", "moved"),
    [
        ({"status": "OPEN", "dispute_life_cycle_stage": "INQUIRY"}, "inquiry", (0, 0)),
        ({"status": "WAITING_FOR_SELLER_RESPONSE"}, "needs_response", (70, 0)),
        ({"status": "WAITING_FOR_SELLER_RESPONSE", "money_movements": [HELD, BUYERS]}, "needs_response", (70, 0)),
        ({"status": "UNDER_REVIEW", "money_movements": [HELD]}, "under_review", (70, 0)),
        ({**RESOLVED, "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"}, "money_movements": [HELD]}, "lost",
         (70, 0)),
        ({**RESOLVED, "dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"}, "money_movements": [HELD, BACK]},
         "won", (70, 70)),
        ({**RESOLVED, "dispute_outcome": {"outcome_code": "CANCELED_BY_BUYER"}, "money_movements": []}, "closed",
         (0, 0)),
    ],
)  # fmt: skip
def test_what_paypal_tells_of_a_dispute(facts: dict[str, Any], state: str, moved: tuple[int, int]) -> None:
    for type_ in ("CREATED", "UPDATED", "RESOLVED"):
        told = told_by_paypal(f"CUSTOMER.DISPUTE.{type_}", **CASE, **facts).dispute
        assert told is not None
        assert (told.reference, told.charge_ref, told.state) == ("PP-1", "capture:X1", state)
        assert (told.withdrawn_minor, told.reinstated_minor, told.fee_minor) == (*moved, 0)
        assert told.attempt_id == "att_1"


def test_a_capture_that_paypal_reverses_is_lost() -> None:
    told = told_by_paypal("PAYMENT.CAPTURE.REVERSED", id="X1").dispute
    assert told is not None
    assert (told.reference, told.charge_ref, told.state) == ("reversed:X1", "capture:X1", "lost")
    assert told.withdrawn_minor == 70


@pytest.mark.parametrize("lacking", ["dispute_id", "dispute_amount", "disputed_transactions"])
def test_a_dispute_that_lacks_what_it_is_about_tells_nothing(lacking: str) -> None:
    about = {name: value for name, value in CASE.items() if name != lacking}
    assert told_by_paypal("CUSTOMER.DISPUTE.CREATED", **about).dispute is None


@pytest.mark.parametrize(
    ("type_", "resource", "what"),
    [
        ("PAYMENT.REFUND.FAILED", {}, "refund_failed"),
        ("PAYMENT.AUTHORIZATION.VOIDED", {**ENDS, "update_time": "2026-01-30T10:00:00Z"}, "expired"),
        ("PAYMENT.AUTHORIZATION.VOIDED", {**ENDS, "update_time": "2026-01-02T10:00:00Z"}, "canceled"),
        ("PAYMENT.AUTHORIZATION.VOIDED", {}, "canceled"),
    ],
)
def test_what_paypal_takes_back(type_: str, resource: dict[str, Any], what: str) -> None:
    taken = told_by_paypal(type_, **resource).taken_back
    assert taken is not None
    assert (taken.what, taken.amount_minor, taken.currency) == (what, 70, "EUR")
