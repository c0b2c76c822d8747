"""A payment that its payer must confirm: asked, answered in time, too late or never."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from system.gateway import AUTHENTICATION_REQUIRED, Advice, GatewayReply, GatewayRequest, Knowledge, Phase
from system.signing import sign
from system.worker.resolver import Resolver
from tests.system.conftest import TestDatabase
from tests.system.connectors.conftest import connected
from tests.system.core.fakes import DECLINED, TIMEOUT, Shop, open_shop
from tests.system.gateways.live import LiveGateway
from tests.system.worker.conftest import QUICK

pytestmark = pytest.mark.real

SECRETS = {"stripe_webhook_secret": "whsec_stripe", "paypal_webhook_secret": "whsec_paypal"}


def asked(request: GatewayRequest) -> GatewayReply:
    return GatewayReply(
        Knowledge.UNKNOWN, Advice.NONE, Phase.ANSWERED, 200, AUTHENTICATION_REQUIRED, gateway_ref="pi_1"
    )


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    async with open_shop(database.environment, **QUICK, **SECRETS) as running:
        running.gateways["stripe"].script = asked
        yield running


@pytest.fixture
async def hasty(database: TestDatabase) -> AsyncIterator[Shop]:
    async with open_shop(database.environment, action_within_s=0.05, **QUICK, **SECRETS) as running:
        running.gateways["stripe"].script = asked
        yield running


def rows(database: TestDatabase, sql: str) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


def told(database: TestDatabase) -> list[str]:
    return [row[0] for row in rows(database, "SELECT type FROM pay.outbox ORDER BY sequence")]


async def event(shop: Shop, type_: str, **about: Any) -> None:
    attempt_id = shop.gateways["stripe"].calls[0].attempt_id
    intent = {"id": "pi_1", "currency": "eur", "metadata": {"attempt_id": attempt_id}, **about}
    body = json.dumps({"id": f"evt_{time.time_ns()}", "type": type_, "data": {"object": intent}}).encode()
    headers = {"Stripe-Signature": sign("whsec_stripe", body, int(time.time()))}
    assert (await shop.request("POST", "/webhooks/stripe", data=body, headers=headers))[0] == 200


async def shown(shop: Shop, payment_id: str) -> dict[str, Any]:
    _, payment, _, _ = await shop.request("GET", f"/v1/payments/{payment_id}")
    return payment


async def settled(shop: Shop, payment_id: str) -> dict[str, Any]:
    resolver = Resolver(shop.platform)
    async with asyncio.timeout(20):
        while (payment := await shown(shop, payment_id))["status"] == "requires_action":
            await resolver.run_once()
    return payment


async def test_a_payment_whose_payer_is_asked_says_so_with_its_expiry_and_goes_nowhere_else(
    shop: Shop, database: TestDatabase
) -> None:
    status, payment, raw, _ = await shop.create("k1")
    assert (status, payment["status"], payment["version"]) == (202, "requires_action", 3)
    assert payment["expires_at"] > payment["created_at"]
    assert await shown(shop, payment["id"]) == payment
    assert (await shop.create("k1"))[2] == raw
    assert told(database) == ["payment.requires_action"]
    assert rows(database, "SELECT state, gateway_ref FROM books.attempts") == [("requires_action", "pi_1")]
    assert shop.gateways["paypal"].calls == []


async def test_a_payer_who_confirms_in_time_has_paid(shop: Shop, database: TestDatabase) -> None:
    _, payment, _, _ = await shop.create("k1")
    await event(shop, "payment_intent.succeeded", amount_received=1999)
    now = await shown(shop, payment["id"])
    assert (now["status"], now["captured_minor"], now["expires_at"]) == ("captured", 1999, None)
    assert told(database) == ["payment.requires_action", "payment.captured"]


async def test_a_payer_who_fails_has_not(shop: Shop, database: TestDatabase) -> None:
    _, payment, _, _ = await shop.create("k1")
    await event(shop, "payment_intent.payment_failed", last_payment_error={"code": "authentication_failed"})
    assert (await shown(shop, payment["id"]))["status"] == "failed"
    assert told(database) == ["payment.requires_action", "payment.failed"]


async def test_one_who_never_answers_is_given_up_at_the_gateway_first(hasty: Shop, database: TestDatabase) -> None:
    _, payment, _, _ = await hasty.create("k1")
    now = await settled(hasty, payment["id"])
    assert (now["status"], now["last_error"]["code"]) == ("expired", "authentication_timeout")
    assert len(hasty.gateways["stripe"].abandoned) == 1
    assert told(database) == ["payment.requires_action", "payment.expired"]


async def test_one_who_was_faster_than_the_giving_up_has_paid(hasty: Shop) -> None:
    stripe = hasty.gateways["stripe"]
    stripe.on_abandon = stripe._yes
    _, payment, _, _ = await hasty.create("k1")
    assert (await settled(hasty, payment["id"]))["status"] == "captured"


async def test_a_gateway_that_does_not_answer_is_asked_again_and_nothing_is_given_up_meanwhile(hasty: Shop) -> None:
    stripe = hasty.gateways["stripe"]
    silent = [GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.SENT, code="timeout")] * 2
    stripe.on_abandon = lambda request: silent.pop() if silent else None
    _, payment, _, _ = await hasty.create("k1")
    assert (await settled(hasty, payment["id"]))["status"] == "expired"
    assert len(stripe.abandoned) == 3


async def test_money_that_comes_after_all_is_given_back_and_the_merchant_hears_of_both(
    hasty: Shop, database: TestDatabase
) -> None:
    _, payment, _, _ = await hasty.create("k1")
    await settled(hasty, payment["id"])
    hasty.gateways["stripe"].script = lambda request: None
    await event(hasty, "payment_intent.succeeded", amount_received=1999)
    resolver = Resolver(hasty.platform)
    async with asyncio.timeout(20):
        while "payment.late_charge_reversed" not in told(database):
            await resolver.run_once()
    assert told(database)[1:] == ["payment.expired", "payment.late_charge", "payment.late_charge_reversed"]
    assert rows(database, "SELECT sum(amount_minor) FROM books.postings WHERE account LIKE 'gateway:%'") == [(0,)]


@pytest.fixture
async def real_stripe(database: TestDatabase, tmp_path: Path) -> AsyncIterator[tuple[Shop, LiveGateway]]:
    """A shop whose Stripe is the simulator; its payers answer only where a test makes them."""
    gateway = LiveGateway("stripe", tmp_path / "journal", payer_ms=0, search_lag_s=3600.0)
    try:
        async with (
            open_shop(database.environment, action_within_s=0.5, **QUICK, **SECRETS) as shop,
            connected(gateway) as connector,
        ):
            shop.platform.connectors["stripe"] = connector
            yield shop, gateway
    finally:
        gateway.stop()


async def test_a_cancellation_whose_remembered_answer_is_an_error_is_looked_up_and_ends_the_payment(
    real_stripe: tuple[Shop, LiveGateway], database: TestDatabase
) -> None:
    shop, gateway = real_stripe
    gateway.arm("execute_then_500", endpoints="void")
    _, payment, _, _ = await shop.create("k1", payment_method="pm_card_threeDSecure2Required")
    assert payment["status"] == "requires_action"
    now = await settled(shop, payment["id"])
    assert (now["status"], now["last_error"]["code"]) == ("expired", "authentication_timeout")
    assert told(database) == ["payment.requires_action", "payment.expired"]
    assert rows(database, "SELECT state, evidence, code FROM books.attempts") == [
        ("declined", "lookup", "authentication_timeout")
    ]
    assert [row["status"] for row in gateway.books()["charges"]] == ["canceled"]
    keys = {row["gateway_key"] for row in gateway.books()["calls"] if row["endpoint"] == "void"}
    assert (gateway.hits(), len(keys), gateway.moved()) == (1, 1, 0)


async def test_nobody_is_given_up_before_the_moment_that_the_client_was_told(
    shop: Shop, database: TestDatabase
) -> None:
    _, payment, _, _ = await shop.create("k1")
    hour = 3600 * 1_000_000
    with database.connect() as connection:  # sent long ago, as a re-send's first send was; the payer was asked just now
        connection.execute("UPDATE pay.gateway_attempts SET dispatched_at_us = dispatched_at_us - %s", (hour,))
    resolver = Resolver(shop.platform)
    for _ in range(5):
        await resolver.run_once()
        await asyncio.sleep(0.06)
    assert shop.gateways["stripe"].abandoned == []
    with database.connect() as connection:
        connection.execute("UPDATE pay.payments SET expires_at_us = expires_at_us - %s", (hour,))
    assert (await settled(shop, payment["id"]))["status"] == "expired"


@pytest.mark.parametrize(
    ("reason", "code", "status"),
    [("abandoned", "authentication_timeout", "expired"), ("requested_by_customer", "moved_on", "failed")],
)
async def test_an_event_about_an_intent_that_was_canceled_before_it_was_paid_ends_the_payment(
    shop: Shop, database: TestDatabase, reason: str, code: str, status: str
) -> None:
    _, payment, _, _ = await shop.create("k1")
    about = {"amount": 1999, "status": "canceled", "latest_charge": None, "cancellation_reason": reason}
    await event(shop, "payment_intent.canceled", **about)
    now = await shown(shop, payment["id"])
    assert (now["status"], now["last_error"]["code"]) == (status, code)
    assert told(database) == ["payment.requires_action", f"payment.{status}"]


SAID = ("status", "version", "captured_minor", "disputed_minor", "expires_at", "last_error", "merchant_reference")


async def test_an_event_says_until_when_a_payer_has_time_and_why_it_came_to_nothing_as_the_payment_does(
    hasty: Shop, database: TestDatabase
) -> None:
    _, asked_of, _, _ = await hasty.create("k1")
    expired = await settled(hasty, asked_of["id"])
    hasty.gateways["stripe"].script = lambda request: DECLINED
    declined = (await hasty.create("k2"))[1]["error"]
    events = [json.loads(row[0]) for row in rows(database, "SELECT body FROM pay.outbox ORDER BY created_at_us")]
    for told_of, shown_as in zip(events, (asked_of, expired, declined["payment"]), strict=True):
        assert {name: told_of["data"][name] for name in SAID} == {name: shown_as[name] for name in SAID}
    assert expired["last_error"]["message"] == "The payer did not confirm it in time."
    assert (
        declined["payment"]["last_error"]["message"]
        == declined["message"]
        == "The gateway declined it (card_declined)."
    )


async def test_operators_find_a_payer_who_is_overdue_and_give_up_only_what_its_gateway_gives_up(
    hasty: Shop, database: TestDatabase
) -> None:
    _, payment, _, _ = await hasty.create("k1")
    order = {"transactionId": payment["id"], "status": "failed", "reason": "nobody answers", "requestedBy": "ann"}

    async def resolve() -> tuple[int, dict[str, Any]]:
        return (await hasty.operate("payment/resolve-stuck-transaction", {**order, "approvedBy": "bob"}))[:2]

    async def found() -> list[str]:
        headers = {"Authorization": "Bearer test-operator-token"}
        path = "/internal/api/payment/find-stuck-transactions?older_than_s=0"
        return [row["state"] for row in (await hasty.request("GET", path, headers=headers))[1]["transactions"]]

    with database.connect() as connection:
        connection.execute("UPDATE pay.payments SET expires_at_us = expires_at_us + 3600000000")
    assert await found() == []
    assert (await resolve())[1]["error"]["code"] == "transaction_not_stuck"
    with database.connect() as connection:
        connection.execute("UPDATE pay.payments SET expires_at_us = 1")
    assert await found() == ["requires_action"]
    stripe = hasty.gateways["stripe"]
    stripe.on_abandon = lambda request: TIMEOUT
    assert (await resolve())[1]["error"]["code"] == "not_proven"
    stripe.on_abandon = stripe._yes
    assert (await resolve())[1]["error"]["code"] == "gateway_contradicts"
    stripe.waiting[stripe.calls[0].gateway_key] = asked(stripe.calls[0])
    stripe.on_abandon = lambda request: None
    assert (await resolve())[1]["state"] == "declined"
    assert (await shown(hasty, payment["id"]))["status"] == "expired"
    assert told(database) == ["payment.requires_action", "payment.expired"]
