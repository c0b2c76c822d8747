"""The life of payments through the API, on a real database."""

import pytest

from tests.system.conftest import TestDatabase
from tests.system.core.fakes import DECLINED, Shop

pytestmark = pytest.mark.real


async def test_a_sale_is_captured_and_booked(shop: Shop, database: TestDatabase) -> None:
    status, payment, _, headers = await shop.create("k1")
    assert status == 201
    assert payment["status"] == "captured"
    assert (payment["amount_minor"], payment["amount"], payment["captured_minor"]) == (1999, "19.99", 1999)
    assert payment["refundable_minor"] == 1999
    assert headers["x-correlation-id"]
    assert (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1] == payment
    with database.connect() as connection:
        assert connection.execute("SELECT account, amount_minor FROM books.postings ORDER BY 1").fetchall() == [
            ("gateway:stripe:clearing", 1999),
            ("merchant:m_alpha:payable", -1999),
        ]
        assert connection.execute("SELECT version, from_status, to_status FROM books.status_history").fetchall() == [
            (1, "", "created"),
            (2, "created", "processing"),
            (3, "processing", "captured"),
        ]
        assert connection.execute("SELECT type, sequence, state FROM books.outbox").fetchall() == [
            ("payment.captured", 1, "pending")
        ]
        assert connection.execute("SELECT from_state, to_state FROM books.attempt_transitions").fetchall() == [
            ("", "prepared"),
            ("prepared", "dispatched"),
            ("dispatched", "succeeded"),
        ]


async def test_a_decline_is_a_402_with_the_failed_payment(shop: Shop) -> None:
    shop.gateways["stripe"].script = lambda request: DECLINED
    status, body, raw, _ = await shop.create("k1")
    assert status == 402
    assert body["error"]["code"] == "card_declined"
    assert body["error"]["definite"] is True
    payment = body["error"]["payment"]
    assert payment["status"] == "failed"
    assert (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1] == payment
    assert (await shop.create("k1"))[2] == raw
    assert len(shop.gateways["stripe"].calls) == 1
    assert not shop.gateways["paypal"].calls


async def test_authorize_then_capture_a_part(shop: Shop) -> None:
    _, payment, _, _ = await shop.create("k1", capture="manual")
    assert payment["status"] == "authorized"
    path = f"/v1/payments/{payment['id']}/capture"
    body = {"merchant_reference": "c1", "amount_minor": 999}
    status, captured, raw, _ = await shop.request("POST", path, key="k2", body=body)
    assert (status, captured["status"], captured["captured_minor"]) == (200, "partially_captured", 999)
    assert (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1] == captured
    again = await shop.request("POST", path, key="k2", body=body)
    assert (again[0], again[2], again[3]["idempotent-replayed"]) == (200, raw, "true")
    refused = await shop.request("POST", path, key="k3", body=body)
    assert (refused[0], refused[1]["error"]["code"]) == (422, "payment_not_capturable")


async def test_a_void_cancels_an_authorization(shop: Shop) -> None:
    _, payment, _, _ = await shop.create("k1", capture="manual")
    path = f"/v1/payments/{payment['id']}/void"
    status, voided, _, _ = await shop.request("POST", path, key="k2", body={"merchant_reference": "v"})
    assert (status, voided["status"]) == (200, "canceled")
    late = await shop.request(
        "POST", f"/v1/payments/{payment['id']}/capture", key="k3", body={"merchant_reference": "c"}
    )
    assert (late[0], late[1]["error"]["code"]) == (422, "payment_not_capturable")


async def test_refunds_in_parts_and_in_whole(shop: Shop, database: TestDatabase) -> None:
    _, payment, _, _ = await shop.create("k1")
    status, refund, _, _ = await shop.refund(payment["id"], "r1", amount_minor=500)
    assert (status, refund["status"], refund["amount_minor"]) == (201, "succeeded", 500)
    assert (await shop.request("GET", f"/v1/refunds/{refund['id']}"))[1] == refund
    seen = (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1]
    assert (seen["status"], seen["refunded_minor"], seen["refunds"]) == ("partially_refunded", 500, [refund["id"]])
    assert (await shop.refund(payment["id"], "r2", amount_minor=1500))[1]["error"]["code"] == "refund_exceeds_captured"
    assert (await shop.refund(payment["id"], "r3", amount="14.99"))[0] == 201
    seen = (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1]
    assert (seen["status"], seen["refundable_minor"], seen["version"]) == ("refunded", 0, 5)
    with database.connect() as connection:
        assert connection.execute("SELECT count(*), sum(amount_minor) FROM books.postings").fetchone() == (6, 0)


async def test_lists_are_newest_first_and_page(shop: Shop) -> None:
    ids = [(await shop.create(f"k{number}"))[1]["id"] for number in range(3)]
    status, page, _, _ = await shop.request("GET", "/v1/payments?limit=2")
    assert status == 200
    assert page["has_more"] is True
    assert {one["id"] for one in page["data"]} <= set(ids)
    last = page["data"][-1]["id"]
    rest = (await shop.request("GET", f"/v1/payments?limit=2&starting_after={last}"))[1]
    assert len(rest["data"]) == 1
    assert rest["has_more"] is False
    assert sorted([*(one["id"] for one in page["data"]), rest["data"][0]["id"]]) == sorted(ids)
    found = (await shop.request("GET", "/v1/payments?merchant_reference=order-k1"))[1]
    assert [one["id"] for one in found["data"]] == [ids[1]]


async def test_nothing_of_one_merchant_is_visible_to_another(shop: Shop) -> None:
    _, payment, _, _ = await shop.create("k1")
    path = f"/v1/payments/{payment['id']}"
    assert (await shop.request("GET", path, merchant="m_beta"))[0] == 404
    body = {"merchant_reference": "r", "amount_minor": 1}
    status, error, _, _ = await shop.request("POST", path + "/refunds", merchant="m_beta", key="x", body=body)
    assert (status, error["error"]["code"]) == (404, "payment_not_found")
    assert (await shop.request("GET", "/v1/payments", merchant="m_beta"))[1]["data"] == []
