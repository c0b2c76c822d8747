"""Answers that the simulators never give, read from their bodies."""

import json
from typing import Any

import pytest

from system.connectors.paypal import answers as paypal_answers
from system.connectors.stripe import answers as stripe_answers
from system.connectors.wire import HttpResult
from system.gateway import Advice, GatewayReply, Kind, Knowledge, Phase
from tests.system.connectors.conftest import wish


def heard(http_status: int, **body: Any) -> HttpResult:
    return HttpResult(Phase.ANSWERED, http_status, json.dumps(body).encode())


def stripe_refund(status: str) -> GatewayReply:
    body = {"object": "refund", "id": "re_1", "status": status, "amount": 70, "currency": "eur"}
    return stripe_answers.refund_reply(heard(200, **body), wish(Kind.REFUND, "1", 70, gateway_ref="pi_1"))


def paypal_refund(status: str) -> GatewayReply:
    amount = {"currency_code": "EUR", "value": "0.70"}
    body = {"id": "R1", "status": status.upper().replace("SUCCEEDED", "COMPLETED"), "amount": amount}
    return paypal_answers.money_reply(heard(201, **body), wish(Kind.REFUND, "1", 70, gateway_ref="capture:C1"))


@pytest.mark.parametrize("refund", [stripe_refund, paypal_refund])
def test_a_pending_refund_is_not_known_yet(refund: Any) -> None:
    assert refund("succeeded").knowledge is Knowledge.DEFINITE_YES
    reply = refund("pending")
    assert (reply.knowledge, reply.advice, reply.code) == (Knowledge.UNKNOWN, Advice.QUERY, "refund_pending")
    assert not reply.failure
    assert refund("failed").knowledge is Knowledge.DEFINITE_NO


@pytest.mark.parametrize(
    "answer",
    [
        heard(201, id="O1", status="PAYER_ACTION_REQUIRED", purchase_units=[]),
        heard(422, name="UNPROCESSABLE_ENTITY", details=[{"issue": "PAYER_ACTION_REQUIRED"}]),
    ],
)
def test_a_paypal_order_that_the_payer_must_approve_took_nothing(answer: HttpResult) -> None:
    reply = paypal_answers.money_reply(answer, wish(Kind.SALE, "1"))
    assert (reply.knowledge, reply.advice) == (Knowledge.DEFINITE_NO, Advice.NONE)
    assert (reply.code, reply.failure, reply.not_executed) == ("authentication_required", False, False)


def test_a_capture_never_waits_for_the_payer() -> None:
    body = {"object": "payment_intent", "id": "pi_1", "status": "requires_action", "amount": 1999, "currency": "eur"}
    reply = stripe_answers.intent_reply(heard(200, **body), wish(Kind.CAPTURE, "1", gateway_ref="pi_1"), "succeeded")
    assert (reply.knowledge, reply.code) == (Knowledge.UNKNOWN, "unexpected_status")
