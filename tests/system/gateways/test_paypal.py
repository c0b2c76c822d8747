"""What is paypal's own: tokens, two steps, decimal strings, the second guard, the feed."""

import json

import pytest

from tests.system.gateways.live import call
from tests.system.gateways.tellers import PayPalTeller


def test_a_replay_answers_200_with_the_latest_state(paypal_teller: PayPalTeller) -> None:
    held = paypal_teller.authorize("k1", 1000).ref
    first = paypal_teller.capture("k2", held, 1000)
    assert (first.status, first.answer.json["status"]) == (201, "COMPLETED")
    paypal_teller.refund("k3", first.ref, 400)
    again = paypal_teller.capture("k2", held, 1000)
    assert (again.status, again.answer.json["status"], again.ref) == (200, "PARTIALLY_REFUNDED", first.ref)
    assert paypal_teller.gateway.moved("capture") == 1


def test_an_invoice_id_moves_money_once_even_under_a_new_request_id(paypal_teller: PayPalTeller) -> None:
    orders = [
        paypal_teller.order(f"k{n}", 500, "EUR", "pm_card_visa", "CAPTURE", invoice_id="op_1").json["id"]
        for n in range(2)
    ]
    answers = [paypal_teller.post(f"/v2/checkout/orders/{order}/capture", {}, order) for order in orders]
    assert [answer.status for answer in answers] == [201, 422]
    assert answers[1].json["details"][0]["issue"] == "DUPLICATE_INVOICE_ID"
    assert paypal_teller.gateway.moved() == 1


def test_without_invoice_ids_there_is_no_second_guard(paypal_teller: PayPalTeller) -> None:
    assert paypal_teller.sell("k1").ok
    assert paypal_teller.sell("k1b").ok
    assert paypal_teller.gateway.moved() == 2


@pytest.mark.parametrize(
    ("currency", "value", "issue"),
    [
        ("JPY", "12.5", "DECIMALS_NOT_SUPPORTED"),
        ("HUF", "12.00", "DECIMALS_NOT_SUPPORTED"),
        ("BRL", "12.00", "CURRENCY_NOT_SUPPORTED"),
        ("EUR", "10000000.00", "MAX_VALUE_EXCEEDED"),
        ("EUR", "1.999", "DECIMAL_PRECISION"),
        ("EUR", "1e3", "DECIMAL_PRECISION"),
        ("EUR", "0.00", "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ("ABC", "1.00", "CURRENCY_NOT_SUPPORTED"),
    ],
)
def test_amounts_must_fit_their_currency(paypal_teller: PayPalTeller, currency: str, value: str, issue: str) -> None:
    unit = {"amount": {"currency_code": currency, "value": value}}
    answer = paypal_teller.post("/v2/checkout/orders", {"intent": "CAPTURE", "purchase_units": [unit]}, "k1")
    assert (answer.status, answer.json["details"][0]["issue"]) == (422, issue)
    assert answer.json["debug_id"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"intent":"X","intent":"CAPTURE"}',
        b'{"intent":"CAPTURE"}',
        b'{"intent":"X","purchase_units":[{}]}',
        b'{"purchase_units":[1]}',
    ],
)
def test_malformed_orders_get_a_typed_400(paypal_teller: PayPalTeller, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {paypal_teller.token()}", "PayPal-Request-Id": "k"}
    answer = call("POST", f"{paypal_teller.gateway.url}/v2/checkout/orders", headers, body)
    assert (answer.status, answer.json["name"]) == (400, "INVALID_REQUEST")


def test_tokens_are_needed_and_false_ones_refused(paypal_teller: PayPalTeller) -> None:
    url = paypal_teller.gateway.url
    for authorization in ("", "Bearer A21.99999999999.abc", "Bearer x", "Basic eDp5"):
        assert call("GET", f"{url}/v2/checkout/orders/X", {"Authorization": authorization}).status == 401
    for authorization in ("Basic eDp5", "Basic !", ""):
        answer = call("POST", f"{url}/v1/oauth2/token", {"Authorization": authorization}, b"grant_type=x")
        assert answer.status == 401
    assert paypal_teller.get("/v2/checkout/orders/X").json["details"][0]["issue"] == "INVALID_RESOURCE_ID"
    assert paypal_teller.get("/v2/nowhere").status == 404


def test_the_feed_tells_of_sales_authorizations_captures_and_refunds(paypal_teller: PayPalTeller) -> None:
    sold = paypal_teller.sell("k1", 1000).ref
    held = paypal_teller.authorize("k2", 700).ref
    taken = paypal_teller.capture("k3", held, 700).ref
    paypal_teller.refund("k4", sold, 250)
    told = paypal_teller.get("/v1/reporting/transactions").json
    lines = [row["transaction_info"] for row in told["transaction_details"]]
    assert {line["transaction_event_code"] for line in lines} == {"T0006", "T1300", "T1107"}
    by_id = {line["transaction_id"]: line for line in lines}
    assert by_id[sold]["transaction_amount"] == {"currency_code": "EUR", "value": "10.00"}
    assert by_id[taken]["custom_field"] == "op_k3|att_k3|pay_k2|m_alpha"
    only = paypal_teller.get(f"/v1/reporting/transactions?transaction_id={sold}").json
    assert only["total_items"] == 1
    assert paypal_teller.get("/v1/reporting/transactions?page_size=0").status == 400
    assert paypal_teller.get("/v1/reporting/transactions?start_date=yesterday").status == 400
    assert paypal_teller.get("/v1/reporting/transactions?start_date=2999-01-01T00:00:00Z").json["total_items"] == 0


def test_the_wrong_second_step_is_refused(paypal_teller: PayPalTeller) -> None:
    order = paypal_teller.order("k1", 500, "EUR", "pm_card_visa", "AUTHORIZE").json["id"]
    answer = paypal_teller.post(f"/v2/checkout/orders/{order}/capture", {}, "k1")
    assert answer.json["details"][0]["issue"] == "ACTION_DOES_NOT_MATCH_INTENT"
    assert paypal_teller.post(f"/v2/checkout/orders/{order}/authorize", {}, "k1").status == 201
    assert paypal_teller.get(f"/v2/checkout/orders/{order}").json["status"] == "COMPLETED"
    other = paypal_teller.post(f"/v2/checkout/orders/{order}/authorize", {}, "k2")
    assert other.json["details"][0]["issue"] == "ORDER_ALREADY_AUTHORIZED"


def test_void_and_capture_exclude_each_other(paypal_teller: PayPalTeller) -> None:
    held = paypal_teller.authorize("k1", 500).ref
    assert paypal_teller.void("k2", held).answer.json["status"] == "VOIDED"
    issue = json.loads(paypal_teller.void("k3", held).answer.body)["details"][0]["issue"]
    assert issue == "PREVIOUSLY_VOIDED"
    other = paypal_teller.authorize("k4", 500).ref
    paypal_teller.capture("k5", other, 500)
    assert paypal_teller.void("k6", other).answer.json["details"][0]["issue"] == "PREVIOUSLY_CAPTURED"
