"""Gateways' webhooks against a real database: verified, acted on once, never lowering anything."""

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from system.gateway import GatewayRequest, ParsedEvent
from system.platform import Platform
from system.signing import sign
from system.webhooks import catching_up
from system.webhooks.acting import act
from system.webhooks.catching_up import catch_up
from system.webhooks.inbound import Inbound
from system.worker.resolver import Resolver
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import DECLINED, TIMEOUT, Shop

pytestmark = pytest.mark.real


def stripe_event(request: GatewayRequest, *, event_id: str = "evt_1", amount_minor: int = 1999, **about: Any) -> bytes:
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount_received": amount_minor,
        "currency": request.currency.lower(),
        "metadata": {"attempt_id": request.attempt_id, "operation_id": request.operation_id},
        **about,
    }
    type_ = "payment_intent.payment_failed" if "last_payment_error" in about else "payment_intent.succeeded"
    return json.dumps({"id": event_id, "object": "event", "type": type_, "data": {"object": intent}}).encode()


async def post(shop: Shop, body: bytes, *, secret: str = "whsec_stripe", skew_s: int = 0) -> int:
    headers = {"Stripe-Signature": sign(secret, body, int(time.time()) + skew_s)}
    status, _, _, _ = await shop.request("POST", "/webhooks/stripe", data=body, headers=headers)
    return status


def rows(database: TestDatabase, sql: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


async def unknown_payment(shop: Shop) -> GatewayRequest:
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    status, _, _, _ = await shop.create("k1")
    assert status == 202
    return shop.gateways["stripe"].calls[0]


ATTEMPT = "SELECT state, evidence FROM books.attempts ORDER BY prepared_at_us"


async def test_a_success_event_completes_an_unknown_once_however_often_it_arrives(
    shop: Shop, database: TestDatabase
) -> None:
    body = stripe_event(await unknown_payment(shop))
    assert set(await asyncio.gather(*(post(shop, body) for _ in range(5)))) == {200}
    assert rows(database, ATTEMPT) == [("succeeded", "webhook")]
    assert rows(database, "SELECT status, captured_minor FROM books.payments") == [("captured", 1999)]
    assert rows(database, "SELECT count(*) FROM books.postings") == [(2,)]
    assert rows(database, "SELECT deliveries, processed_at_us > 0 FROM books.inbound_events") == [(5, True)]


@pytest.mark.parametrize("secret_and_skew", [("whsec_nobody", 0), ("whsec_stripe", -400), ("whsec_stripe", 400)])
async def test_forged_old_and_future_events_change_nothing(
    shop: Shop, database: TestDatabase, secret_and_skew: tuple[str, int]
) -> None:
    body = stripe_event(await unknown_payment(shop))
    secret, skew_s = secret_and_skew
    assert await post(shop, body, secret=secret, skew_s=skew_s) == 400
    assert rows(database, ATTEMPT) == [("unknown", "transport")]
    assert rows(database, "SELECT count(*) FROM books.inbound_events") == [(0,)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id":1,"type":"x"}', b'{"id":"e"}', b"[" * 30_000])
async def test_a_genuine_body_that_is_no_event_is_refused(shop: Shop, body: bytes) -> None:
    assert await post(shop, body) == 400


async def test_ids_that_the_database_cannot_hold_are_refused(shop: Shop, database: TestDatabase) -> None:
    request = await unknown_payment(shop)
    for event_id in ("evt_\x00", "evt_\ud800", "evt\n1"):
        assert await post(shop, stripe_event(request, event_id=event_id)) == 400
    assert await post(shop, stripe_event(replace(request, attempt_id="att_\x00"))) == 400
    assert rows(database, "SELECT count(*) FROM books.inbound_events") == [(0,)]


async def test_a_bad_stored_event_stops_no_other(
    shop: Shop, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await unknown_payment(shop)
    no_id = stripe_event(replace(request, attempt_id="att_\x00"), event_id="evt_0")
    broken = stripe_event(replace(request, attempt_id="att_broken"), event_id="evt_1")
    with database.connect() as connection:
        for number, body in enumerate((no_id, broken, stripe_event(request, event_id="evt_2"))):
            connection.execute(
                "INSERT INTO pay.inbound_events (gateway, event_id, type, body, received_at_us)"
                " VALUES ('stripe', %s, 'x', %s, %s)",
                (f"evt_{number}", body, number),
            )

    async def fragile(platform: Platform, gateway: str, told: ParsedEvent) -> str:
        if told.attempt_id == "att_broken":
            raise RuntimeError("a bug")
        return await act(platform, gateway, told)

    monkeypatch.setattr(catching_up, "act", fragile)
    assert await catch_up(shop.platform) == 2
    assert rows(database, ATTEMPT) == [("succeeded", "webhook")]
    assert rows(database, "SELECT event_id FROM pay.inbound_events WHERE processed_at_us IS NULL") == [("evt_1",)]


async def test_a_database_that_is_gone_is_not_taken_for_bad_events(
    shop: Shop, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await unknown_payment(shop)
    with database.connect() as connection:
        for number in range(5):
            connection.execute(
                "INSERT INTO pay.inbound_events (gateway, event_id, type, body, received_at_us)"
                " VALUES ('stripe', %s, 'x', %s, 1)",
                (f"evt_{number}", stripe_event(request, event_id=f"evt_{number}")),
            )
    tried: list[object] = []

    async def gone(*arguments: object) -> str:
        tried.append(arguments)
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(catching_up, "act", gone)
    with pytest.raises(psycopg.OperationalError):
        await catch_up(shop.platform)
    assert len(tried) == catching_up.TROUBLES_MAX
    assert rows(database, "SELECT count(*) FROM pay.inbound_events WHERE processed_at_us IS NULL") == [(5,)]


async def test_an_event_of_a_gateway_that_does_not_exist_is_refused(shop: Shop) -> None:
    assert (await Inbound(shop.platform).receive("nobody", {}, b"{}"))[0] == 404


async def test_an_event_with_another_amount_is_no_proof_but_an_alert(shop: Shop, database: TestDatabase) -> None:
    body = stripe_event(await unknown_payment(shop), amount_minor=1998)
    assert await post(shop, body) == 200
    assert rows(database, ATTEMPT) == [("unknown", "transport")]
    assert rows(database, "SELECT action FROM books.audit") == [("webhook_amount_mismatch",)]


async def test_an_event_whose_first_processing_failed_still_acts_on_redelivery(
    shop: Shop, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = stripe_event(await unknown_payment(shop))

    async def broken(*_: object) -> str:
        raise psycopg.OperationalError("the database goes away here")

    with monkeypatch.context() as patch:
        patch.setattr("system.webhooks.inbound.act", broken)
        assert await post(shop, body) == 503
    assert rows(database, "SELECT processed_at_us FROM books.inbound_events") == [(None,)]
    assert await post(shop, body) == 200
    assert rows(database, ATTEMPT) == [("succeeded", "webhook")]


async def test_an_event_during_the_call_waits_and_is_acted_on_by_the_worker(
    shop: Shop, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await unknown_payment(shop)
    with database.connect() as connection:
        connection.execute("UPDATE pay.gateway_attempts SET state = 'dispatched'")
    assert await post(shop, stripe_event(request)) == 200
    assert rows(database, "SELECT processed_at_us FROM books.inbound_events") == [(None,)]
    with database.connect() as connection:
        connection.execute("UPDATE pay.gateway_attempts SET state = 'unknown'")
    assert await catch_up(shop.platform) == 0
    monkeypatch.setattr(catching_up, "MARGIN_S", -60.0)
    assert await catch_up(shop.platform) == 1
    assert rows(database, ATTEMPT) == [("succeeded", "webhook")]


async def test_an_event_that_tells_what_is_known_is_done_by_being_stored(shop: Shop, database: TestDatabase) -> None:
    status, _, _, _ = await shop.create("k1")
    assert status == 201
    body = stripe_event(shop.gateways["stripe"].calls[0])
    assert [await post(shop, body) for _ in range(2)] == [200, 200]
    assert rows(database, "SELECT deliveries, processed_at_us = received_at_us FROM books.inbound_events") == [
        (2, True)
    ]


async def test_another_gateways_event_about_our_attempt_is_not_done_by_being_stored(
    shop: Shop, database: TestDatabase
) -> None:
    request = await unknown_payment(shop)
    with database.connect() as connection:
        connection.execute("UPDATE pay.gateway_attempts SET gateway = 'paypal'")
    assert await post(shop, stripe_event(request)) == 200
    assert rows(database, ATTEMPT) == [("unknown", "transport")]


async def test_a_late_failure_event_never_lowers_a_success(shop: Shop, database: TestDatabase) -> None:
    status, _, _, _ = await shop.create("k1")
    assert status == 201
    failed = stripe_event(shop.gateways["stripe"].calls[0], last_payment_error={"code": "card_declined"})
    assert await post(shop, failed) == 200
    assert rows(database, "SELECT status FROM books.payments") == [("captured",)]


async def test_a_success_after_a_decline_is_reversed_audited_and_alarmed(shop: Shop, database: TestDatabase) -> None:
    stripe = shop.gateways["stripe"]
    stripe.script = lambda request: DECLINED
    assert (await shop.create("k1"))[0] == 402
    stripe.script = lambda request: None
    body = stripe_event(stripe.calls[0])
    assert await post(shop, body) == 200
    assert await post(shop, body) == 200
    await Resolver(shop.platform).run_once()
    refund = stripe.calls[-1]
    assert (refund.kind, refund.gateway_ref, refund.amount_minor) == ("refund", "pi_1", 1999)
    assert [row[0] for row in rows(database, ATTEMPT)] == ["reversed", "succeeded"]
    assert rows(database, "SELECT kind, state FROM books.operations ORDER BY created_at_us") == [
        ("sale", "declined"),
        ("reversal", "succeeded"),
    ]
    assert rows(database, "SELECT status FROM books.payments") == [("failed",)]
    actions = {row[0] for row in rows(database, "SELECT action FROM books.audit")}
    assert {"late_success", "reverse_late_success"} <= actions
