"""What a gateway takes back after its yes; learned by webhook, by lookup or from the feed, the result is the same."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from system.attempts.holds import check_holds
from system.feed import FeedLine, Happened
from system.gateway import Advice, GatewayReply, GatewayRequest, Knowledge, Phase
from system.reconciliation.reconciler import Reconciler, Wish
from system.reconciliation.repairing import Asker
from system.signing import sign
from system.webhooks import catching_up
from system.webhooks.catching_up import catch_up
from system.worker.resolver import Resolver
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import TIMEOUT, Shop, open_shop
from tests.system.worker.conftest import QUICK

pytestmark = pytest.mark.real

AT_ONCE = {
    "reconcile_lag_s": 0.0,
    "gateway_timeout_s": 0.01,
    "gateway_connect_timeout_s": 0.01,
    "hold_validity_s": 1e-6,
}
SECRETS = {"stripe_webhook_secret": "whsec_stripe", "paypal_webhook_secret": "whsec_paypal"}
PATHS = ("webhook", "feed")


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    async with open_shop(database.environment, **QUICK, **AT_ONCE, **SECRETS) as running:
        yield running


def rows(database: TestDatabase, sql: str) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


async def deliver(shop: Shop, event: dict[str, Any]) -> None:
    body = json.dumps({"id": f"evt_{time.time_ns()}", "object": "event", **event}).encode()
    headers = {"Stripe-Signature": sign("whsec_stripe", body, int(time.time()))}
    status, _, _, _ = await shop.request("POST", "/webhooks/stripe", data=body, headers=headers)
    assert status == 200


async def reconcile(shop: Shop) -> None:
    now_us = time.time_ns() // 1000 + 1
    wish = Wish("stripe", now_us - 60_000_000, now_us)
    await Reconciler(shop.platform).run(wish, Asker("tester", "test"))


def line(request: GatewayRequest, happened: Happened, ref: str, amount_minor: int) -> FeedLine:
    ids = ("", "") if happened is Happened.VOID else (request.attempt_id, request.operation_id)
    return FeedLine(f"txn_{happened}", happened, *ids, ref, amount_minor, request.currency, time.time_ns() // 1000)


async def tell(shop: Shop, path: str, request: GatewayRequest, happened: Happened, amount_minor: int = 1999) -> None:
    """Let the platform learn it, twice, by an event or from the feed."""
    metadata = {"attempt_id": request.attempt_id}
    money = {"amount": amount_minor, "currency": "eur", "metadata": metadata}
    ref = f"stripe:{request.gateway_key}"
    events = {
        Happened.REFUND_FAILED: ("refund.failed", {"id": ref, "status": "failed", **money}),
        Happened.VOID: ("payment_intent.canceled", {"id": ref, "cancellation_reason": "automatic", **money}),
    }
    stripe = shop.gateways["stripe"]
    for _ in range(2):
        if path == "webhook":
            type_, about = events[happened]
            await deliver(shop, {"type": type_, "data": {"object": about}})
        else:
            stripe.holds[ref] = "expired"
            stripe.since = [line(request, happened, ref, amount_minor)]
            await reconcile(shop)


async def refunded(shop: Shop, amount_minor: int) -> tuple[str, GatewayRequest]:
    _, payment, _, _ = await shop.create("k1")
    status, _, _, _ = await shop.request(
        "POST", f"/v1/payments/{payment['id']}/refunds", key="k2",
        body={"amount_minor": amount_minor, "merchant_reference": "r-1"},
    )  # fmt: skip
    assert status == 201
    return str(payment["id"]), shop.gateways["stripe"].calls[-1]


async def shown(shop: Shop, payment_id: str) -> dict[str, Any]:
    _, payment, _, _ = await shop.request("GET", f"/v1/payments/{payment_id}")
    return payment


CLEARING = "SELECT sum(amount_minor) FROM books.postings WHERE account = 'gateway:stripe:clearing'"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("amount_minor", "before"), [(1999, "refunded"), (500, "partially_refunded")])
async def test_a_refund_that_fails_is_booked_back_told_and_refundable_again(
    shop: Shop, database: TestDatabase, path: str, amount_minor: int, before: str
) -> None:
    payment_id, request = await refunded(shop, amount_minor)
    was = await shown(shop, payment_id)
    assert (was["status"], was["refundable_minor"]) == (before, 1999 - amount_minor)
    await tell(shop, path, request, Happened.REFUND_FAILED, amount_minor)
    now = await shown(shop, payment_id)
    assert (now["status"], now["refunded_minor"], now["refundable_minor"]) == ("captured", 0, 1999)
    assert now["version"] == was["version"] + 1
    assert rows(database, "SELECT status FROM books.refunds") == [("failed",)]
    assert rows(database, CLEARING) == [(1999,)]
    assert rows(database, "SELECT count(*) FROM pay.outbox WHERE type = 'refund.failed'") == [(1,)]
    assert rows(database, "SELECT state, code FROM books.attempts WHERE operation_id IN"
                " (SELECT operation_id FROM books.refunds)") == [("reversed", "refund_failed")]  # fmt: skip
    assert rows(database, "SELECT count(*) FROM books.audit WHERE action = 'taken_back_by_gateway'") == [(1,)]
    status, again, _, _ = await shop.request(
        "POST", f"/v1/payments/{payment_id}/refunds", key="k3", body={"amount_minor": 1999, "merchant_reference": "r-2"}
    )
    assert (status, again["status"]) == (201, "succeeded")


async def test_one_of_two_refunds_that_fails_leaves_the_other(shop: Shop) -> None:
    payment_id, first = await refunded(shop, 500)
    body = {"amount_minor": 300, "merchant_reference": "r-2"}
    await shop.request("POST", f"/v1/payments/{payment_id}/refunds", key="k3", body=body)
    await tell(shop, "webhook", first, Happened.REFUND_FAILED, 500)
    now = await shown(shop, payment_id)
    assert (now["status"], now["refunded_minor"], now["refundable_minor"]) == ("partially_refunded", 300, 1699)


async def test_a_refund_of_a_partial_capture_goes_back_to_partially_captured(shop: Shop) -> None:
    payment_id, _ = await held(shop)
    await shop.request("POST", f"/v1/payments/{payment_id}/capture", key="k2",
                       body={"amount_minor": 700, "merchant_reference": "c-1"})  # fmt: skip
    body = {"amount_minor": 700, "merchant_reference": "r-1"}
    await shop.request("POST", f"/v1/payments/{payment_id}/refunds", key="k3", body=body)
    await tell(shop, "webhook", shop.gateways["stripe"].calls[-1], Happened.REFUND_FAILED, 700)
    now = await shown(shop, payment_id)
    assert (now["status"], now["refundable_minor"]) == ("partially_captured", 700)


async def test_a_failure_that_is_heard_before_the_refund_itself_ends_it_and_nothing_is_reversed_late(
    shop: Shop, database: TestDatabase
) -> None:
    _, payment, _, _ = await shop.create("k1")
    stripe = shop.gateways["stripe"]
    stripe.script = lambda request: TIMEOUT
    body = {"amount_minor": 500, "merchant_reference": "r-1"}
    await shop.request("POST", f"/v1/payments/{payment['id']}/refunds", key="k2", body=body)
    request = stripe.calls[-1]
    await tell(shop, "webhook", request, Happened.REFUND_FAILED, 500)
    made = {"id": "re_1", "status": "succeeded", "amount": 500, "currency": "eur"}
    about = {**made, "metadata": {"attempt_id": request.attempt_id}}
    await deliver(shop, {"type": "refund.created", "data": {"object": about}})
    assert rows(database, "SELECT status FROM books.refunds") == [("failed",)]
    assert (await shown(shop, str(payment["id"])))["refundable_minor"] == 1999
    assert rows(database, "SELECT count(*) FROM books.audit WHERE outcome = 'alert'") == [(0,)]


async def test_a_failure_during_the_refunds_own_call_waits_for_it(
    shop: Shop, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id, request = await refunded(shop, 500)
    with database.connect() as connection:
        connection.execute("UPDATE pay.gateway_attempts SET state = 'dispatched' WHERE call_kind = 'refund'")
    await tell(shop, "webhook", request, Happened.REFUND_FAILED, 500)
    assert (await shown(shop, payment_id))["refunded_minor"] == 500
    with database.connect() as connection:
        connection.execute("UPDATE pay.gateway_attempts SET state = 'succeeded' WHERE call_kind = 'refund'")
    monkeypatch.setattr(catching_up, "MARGIN_S", -60.0)
    await catch_up(shop.platform)
    assert (await shown(shop, payment_id))["refunded_minor"] == 0


async def test_a_reversal_whose_refund_fails_is_left_to_people(shop: Shop, database: TestDatabase) -> None:
    payment_id, request = await refunded(shop, 500)
    with database.connect() as connection:
        connection.execute("UPDATE pay.operations SET kind = 'reversal' WHERE kind = 'refund'")
    await tell(shop, "webhook", request, Happened.REFUND_FAILED, 500)
    assert rows(database, CLEARING) == [(1999,)]
    assert rows(database, "SELECT action FROM books.audit WHERE outcome = 'alert'") == [("reversal_failed",)]
    assert (await shown(shop, payment_id))["refunded_minor"] == 500


# Holds


async def held(shop: Shop) -> tuple[str, GatewayRequest]:
    _, payment, _, _ = await shop.create("k1", capture="manual")
    return str(payment["id"]), shop.gateways["stripe"].calls[-1]


@pytest.mark.parametrize("path", [*PATHS, "lookup"])
async def test_a_hold_that_lapses_is_expired_told_and_refuses_its_capture(
    shop: Shop, database: TestDatabase, path: str
) -> None:
    payment_id, request = await held(shop)
    if path == "lookup":
        shop.gateways["stripe"].holds[f"stripe:{request.gateway_key}"] = "expired"
        async with asyncio.timeout(20):
            while not await check_holds(shop.platform):  # one whose call has just ended is not due yet
                await asyncio.sleep(0.01)
        assert await check_holds(shop.platform) == 0
    else:
        await tell(shop, path, request, Happened.VOID)
    now = await shown(shop, payment_id)
    assert (now["status"], now["last_error"]["code"], now["version"]) == ("expired", "hold_expired", 4)
    assert rows(database, "SELECT count(*) FROM pay.outbox WHERE type = 'payment.expired'") == [(1,)]
    for kind in ("capture", "void"):
        body = {"merchant_reference": f"{kind}-1"}
        status, error, _, _ = await shop.request("POST", f"/v1/payments/{payment_id}/{kind}", key=kind, body=body)
        assert (status, error["error"]["code"]) == (422, "hold_expired")


async def test_a_hold_that_still_stands_is_left_alone(shop: Shop) -> None:
    payment_id, _ = await held(shop)
    assert await check_holds(shop.platform) == 0
    assert (await shown(shop, payment_id))["status"] == "authorized"


GONE = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED, 400, "hold_expired")


@pytest.mark.parametrize("kind", ["capture", "void"])
async def test_whoever_meets_a_hold_that_is_gone_is_answered_so_and_the_payment_says_it(
    shop: Shop, database: TestDatabase, kind: str
) -> None:
    payment_id, _ = await held(shop)
    shop.gateways["stripe"].script = lambda request: GONE
    body = {"merchant_reference": f"{kind}-1"}
    status, error, raw, _ = await shop.request("POST", f"/v1/payments/{payment_id}/{kind}", key="k2", body=body)
    assert (status, error["error"]["code"], error["error"]["payment"]["status"]) == (402, "hold_expired", "expired")
    now = await shown(shop, payment_id)
    assert {**now, "refunds": []} == {**error["error"]["payment"], "refunds": []}
    assert rows(database, "SELECT count(*) FROM pay.outbox WHERE type = 'payment.expired'") == [(1,)]
    again = await shop.request("POST", f"/v1/payments/{payment_id}/{kind}", key="k2", body=body)
    assert again[2] == raw


async def test_our_own_void_is_no_lapse_whenever_its_event_arrives(shop: Shop, database: TestDatabase) -> None:
    payment_id, request = await held(shop)
    body = {"merchant_reference": "v-1"}
    assert (await shop.request("POST", f"/v1/payments/{payment_id}/void", key="k2", body=body))[0] == 200
    await tell(shop, "webhook", request, Happened.VOID)
    assert (await shown(shop, payment_id))["status"] == "canceled"
    assert rows(database, "SELECT count(*) FROM books.audit") == [(0,)]


async def test_an_unknown_authorization_that_is_found_to_have_lapsed_is_recorded_and_expired(shop: Shop) -> None:
    stripe = shop.gateways["stripe"]
    stripe.script = lambda request: TIMEOUT
    _, payment, _, _ = await shop.create("k1", capture="manual")
    lapsed = replace(stripe._yes(stripe.calls[0]), lapsed="expired")
    stripe.script = lambda request: lapsed
    resolver = Resolver(shop.platform)
    async with asyncio.timeout(20):
        while (await shown(shop, str(payment["id"])))["status"] == "processing":
            await resolver.run_once()
    assert (await shown(shop, str(payment["id"])))["status"] == "expired"


async def test_the_end_of_another_object_under_the_same_ids_changes_nothing(shop: Shop, database: TestDatabase) -> None:
    """A second intent or refund of one attempt that is being given back: the first one stands."""
    payment_id, request = await refunded(shop, 500)
    money = {"amount": 500, "currency": "eur", "metadata": {"attempt_id": request.attempt_id}}
    await deliver(
        shop, {"type": "refund.failed", "data": {"object": {"id": "re_another", "status": "failed", **money}}}
    )
    _, held, _, _ = await shop.create("k9", capture="manual", merchant_reference="order-9")
    hold = shop.gateways["stripe"].calls[-1]
    money = {"amount": hold.amount_minor, "currency": "eur", "metadata": {"attempt_id": hold.attempt_id}}
    await deliver(shop, {"type": "payment_intent.canceled", "data": {"object": {"id": "pi_another", **money}}})
    assert (await shown(shop, payment_id))["status"] == "partially_refunded"
    assert (await shown(shop, str(held["id"])))["status"] == "authorized"
    alerts = rows(database, "SELECT action FROM books.audit WHERE action = 'webhook_of_another_object'")
    assert len(alerts) == 2
