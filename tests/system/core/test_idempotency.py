"""The idempotency contract: one key, one execution, one reply."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest

from system.gateway import GatewayRequest
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import DECLINED, TIMEOUT, Shop, eventually, open_shop

pytestmark = pytest.mark.real


async def test_sixteen_requests_under_one_key_charge_once(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].delay_s = 0.1
    answers = await asyncio.gather(*(shop.create("race") for _ in range(16)))
    fresh = [one for one in answers if one[0] == 201 and "idempotent-replayed" not in one[3]]
    assert len(fresh) == 1
    for status, body, raw, headers in answers:
        if status == 409:
            assert body["error"]["code"] == "idempotency_key_in_use"
            assert body["error"]["definite"] is False
            assert headers["retry-after"] == "1"
        else:
            assert raw == fresh[0][2]
    assert len(shop.gateways["stripe"].calls) == 1
    replay = await shop.create("race")
    assert (replay[0], replay[2], replay[3]["idempotent-replayed"]) == (201, fresh[0][2], "true")
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM books.operations").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM books.idempotency_keys").fetchone() == (1,)


async def test_two_replicas_share_one_claim(database: TestDatabase) -> None:
    async with open_shop(database.environment, name="one") as one, open_shop(database.environment, name="two") as two:
        for shop in (one, two):
            shop.gateways["stripe"].delay_s = 0.1
        answers = await asyncio.gather(*(shop.create("k") for _ in range(8) for shop in (one, two)))
        assert sum(answer[0] == 201 for answer in answers) >= 1
        assert len({answer[2] for answer in answers if answer[0] == 201}) == 1
        assert len(one.gateways["stripe"].calls) + len(two.gateways["stripe"].calls) == 1


async def test_a_replay_does_not_change_after_a_refund(shop: Shop) -> None:
    first = await shop.create("k1")
    await shop.refund(first[1]["id"], "r1", amount_minor=100)
    again = await shop.create("k1")
    assert again[2] == first[2]
    assert again[1]["status"] == "captured"


async def test_another_payload_under_the_key_is_refused_and_changes_nothing(shop: Shop, database: TestDatabase) -> None:
    await shop.create("k1")
    status, body, _, _ = await shop.create("k1", amount_minor=2000)
    assert (status, body["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(shop.gateways["stripe"].calls) == 1
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM books.payments").fetchone() == (1,)


async def test_the_order_of_members_is_not_part_of_the_payload(shop: Shop) -> None:
    first = await shop.create("k1", description="x")
    body = {
        "description": "x",
        "merchant_reference": "order-k1",
        "payment_method": "pm_card_visa",
        "amount": "19.99",
        "currency": "EUR",
    }
    again = await shop.request("POST", "/v1/payments", key='"k1"', body=body)
    assert again[2] == first[2]


async def test_the_same_key_at_two_merchants_is_two_payments(shop: Shop) -> None:
    one = await shop.create("shared")
    other = await shop.create("shared", merchant="m_delta")
    assert one[0] == other[0] == 201
    assert one[1]["id"] != other[1]["id"]
    assert other[1]["merchant_id"] == "m_delta"


async def test_refused_requests_leave_their_key_free(shop: Shop) -> None:
    _, payment, _, _ = await shop.create("k1")
    assert (await shop.refund(payment["id"], "r", amount_minor=5000))[0] == 422
    assert (await shop.create("k2", currency="XXX"))[0] == 400
    assert (await shop.create("k2"))[0] == 201
    assert (await shop.refund(payment["id"], "r", amount_minor=1999))[0] == 201


async def test_an_unknown_outcome_is_a_202_and_is_replayed_as_it_was(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    status, payment, raw, _ = await shop.create("k1")
    assert (status, payment["status"]) == (202, "processing")
    again = await shop.create("k1")
    assert (again[0], again[2]) == (202, raw)
    assert len(shop.gateways["stripe"].calls) == 1
    assert not shop.gateways["paypal"].calls
    with database.connect() as connection:
        assert connection.execute("SELECT state, evidence FROM books.attempts").fetchall() == [("unknown", "transport")]


async def test_an_expired_key_answers_410_and_never_runs_again(shop: Shop, database: TestDatabase) -> None:
    await shop.create("k1")
    with database.connect() as connection:
        connection.execute("UPDATE pay.idempotency_keys SET expires_at_us = 1")
    status, body, _, _ = await shop.create("k1")
    assert (status, body["error"]["code"]) == (410, "idempotency_key_expired")
    assert len(shop.gateways["stripe"].calls) == 1


async def test_a_client_that_goes_away_does_not_stop_its_payment(shop: Shop, database: TestDatabase) -> None:
    stripe = shop.gateways["stripe"]
    stripe.passing.clear()
    asked = asyncio.create_task(shop.create("k1"))
    await eventually(lambda: len(stripe.calls) == 1)
    asked.cancel()
    await eventually(lambda: not shop.server.server_state.connections)
    stripe.passing.set()
    with database.connect() as connection:
        await eventually(lambda: connection.execute("SELECT status FROM books.payments").fetchall() == [("captured",)])
    assert asked.cancelled()
    assert (await shop.create("k1"))[0] == 201
    assert len(stripe.calls) == 1


async def test_a_claim_whose_owner_died_is_taken_over_without_a_second_charge(
    shop: Shop, database: TestDatabase
) -> None:
    first = await shop.create("k1")
    with database.connect() as connection:
        connection.execute(
            "UPDATE pay.idempotency_keys SET state = 'in_flight', body = NULL, status_code = NULL, lease_until_us = 1"
        )
    status, payment, raw, _ = await shop.create("k1")
    assert (status, payment["id"], payment["status"]) == (201, first[1]["id"], "captured")
    assert (await shop.create("k1"))[2] == raw
    assert len(shop.gateways["stripe"].calls) == 1


async def test_the_first_owner_marks_the_reply_of_who_took_over_as_replayed(shop: Shop, database: TestDatabase) -> None:
    def taken_over(request: GatewayRequest) -> None:
        with database.connect() as connection:
            connection.execute(
                "UPDATE pay.idempotency_keys SET owner = 'another', state = 'completed', status_code = 202, body = %s",
                (b'{"first": true}',),
            )

    shop.gateways["stripe"].script = taken_over
    status, body, _, headers = await shop.create("k1")
    assert (status, body, headers["idempotent-replayed"]) == (202, {"first": True}, "true")


async def test_declines_of_refunds_release_their_reservation(shop: Shop) -> None:
    _, payment, _, _ = await shop.create("k1")
    shop.gateways["stripe"].script = lambda request: DECLINED
    assert (await shop.refund(payment["id"], "r1", amount_minor=1999))[0] == 402
    shop.gateways["stripe"].script = lambda request: None
    assert (await shop.refund(payment["id"], "r2", amount_minor=1999))[0] == 201


async def test_eight_concurrent_refunds_never_exceed_the_capture(shop: Shop, database: TestDatabase) -> None:
    _, payment, _, _ = await shop.create("k1", amount_minor=10_000)
    shop.gateways["stripe"].delay_s = 0.05
    answers = await asyncio.gather(
        *(shop.refund(payment["id"], f"r{number}", amount_minor=6000) for number in range(8))
    )
    assert sorted(answer[0] for answer in answers) == [201] + [422] * 7
    assert len([call for call in shop.gateways["stripe"].calls if call.kind == "refund"]) == 1
    with database.connect() as connection:
        assert connection.execute("SELECT refunded_minor FROM books.payments").fetchone() == (6000,)


async def test_a_reply_without_a_body_member_differs_from_one_with(shop: Shop) -> None:
    await shop.create("k1")
    assert (await shop.create("k1", description="other"))[0] == 422


async def test_two_unknown_refunds_keep_the_money_reserved(shop: Shop) -> None:
    _, payment, _, _ = await shop.create("k1")
    shop.gateways["stripe"].script = lambda request: replace(TIMEOUT)
    status, refund, _, _ = await shop.refund(payment["id"], "r1", amount_minor=1500)
    assert (status, refund["status"]) == (202, "pending")
    assert (await shop.refund(payment["id"], "r2", amount_minor=1500))[0] == 422


async def test_a_missing_or_odd_key_is_refused(shop: Shop) -> None:
    for headers, code in (({}, "idempotency_key_missing"), ({"Idempotency-Key": "k" * 256}, "idempotency_key_invalid")):
        async with aiohttp.ClientSession() as session:
            sent = {"Authorization": "Bearer test-key-m_alpha", **headers}
            async with session.post(shop.url + "/v1/payments", json={}, headers=sent) as response:
                assert response.status == 400
                assert (await response.json())["error"]["code"] == code
