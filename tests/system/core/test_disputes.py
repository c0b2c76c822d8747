"""Disputes, however they are heard of: by event, from the feed, by an operator; once, twice, late, out of order."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from system.feed import line_of
from system.gateway import DisputeTold
from system.states import DISPUTE_EDGES, DisputeState
from system.store.taken_back import taker_of
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import TIMEOUT, Shop, open_shop
from tests.system.core.test_taken_back import AT_ONCE, CLEARING, PATHS, SECRETS, deliver, reconcile, rows, shown
from tests.system.worker.conftest import QUICK

pytestmark = pytest.mark.real

STATUSES = {
    DisputeState.INQUIRY: "warning_needs_response", DisputeState.NEEDS_RESPONSE: "needs_response",
    DisputeState.UNDER_REVIEW: "under_review", DisputeState.WON: "won", DisputeState.LOST: "lost",
    DisputeState.CLOSED: "warning_closed",
}  # fmt: skip
FEE = 2000
KINDS = "SELECT split_part(cause, ':', 1), sum(abs(amount_minor)) / 2 FROM books.postings GROUP BY 1 ORDER BY 1"


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    async with open_shop(database.environment, **QUICK, **AT_ONCE, **SECRETS) as running:
        yield running


def dispute(shop: Shop, state: DisputeState = DisputeState.NEEDS_RESPONSE, **facts: Any) -> DisputeTold:
    """A dispute of the first charge, as its gateway would tell of it in that state."""
    request = shop.gateways["stripe"].calls[0]
    amount = request.amount_minor
    taken = state not in (DisputeState.INQUIRY, DisputeState.CLOSED)
    return replace(
        DisputeTold(
            "dp_1", state, amount, request.currency, f"stripe:{request.gateway_key}",
            withdrawn_minor=amount if taken else 0, fee_minor=FEE if taken else 0,
            reinstated_minor=amount if state is DisputeState.WON else 0, reason="fraudulent", opened_at_us=1,
        ),
        **facts,
    )  # fmt: skip


async def hear(shop: Shop, path: str, told: DisputeTold, *, times: int = 2) -> None:
    """Let the platform hear of it, twice, by an event or from the feed."""
    stripe = shop.gateways["stripe"]
    lines = [{"amount": -told.withdrawn_minor, "fee": told.fee_minor}] if told.withdrawn_minor else []
    lines += [{"amount": told.reinstated_minor, "fee": 0}] if told.reinstated_minor else []
    about = {
        "object": "dispute", "id": told.reference, "amount": told.amount_minor, "currency": told.currency.lower(),
        "payment_intent": told.charge_ref, "status": STATUSES[told.state], "reason": told.reason,
        "balance_transactions": lines, "created": 1, "metadata": {},
    }  # fmt: skip
    for _ in range(times):
        if path == "webhook":
            await deliver(shop, {"type": "charge.dispute.updated", "data": {"object": about}})
        else:
            stripe.since = [line_of(told)]
            await reconcile(shop)


async def charged(shop: Shop) -> str:
    _, payment, _, _ = await shop.create("k1")
    return str(payment["id"])


def told_of(database: TestDatabase) -> list[str]:
    sql = "SELECT type FROM pay.outbox WHERE type LIKE 'payment.disp%' ORDER BY sequence"
    return [row[0] for row in rows(database, sql)]


async def ask_back(shop: Shop, payment_id: str, amount_minor: int = 500) -> tuple[int, dict[str, Any]]:
    body = {"amount_minor": amount_minor, "merchant_reference": f"r-{amount_minor}"}
    status, answer, _, _ = await shop.request("POST", f"/v1/payments/{payment_id}/refunds", key="k2", body=body)
    return status, answer


@pytest.mark.parametrize("path", PATHS)
async def test_a_disputed_payment_is_booked_out_with_its_fee_and_refuses_refunds(
    shop: Shop, database: TestDatabase, path: str
) -> None:
    payment_id = await charged(shop)
    await hear(shop, path, dispute(shop))
    now = await shown(shop, payment_id)
    assert (now["status"], now["disputed_minor"], now["refundable_minor"]) == ("captured", 1999, 0)
    assert now["dispute_state"] == "needs_response"
    assert rows(database, CLEARING) == [(-FEE,)]
    assert rows(database, KINDS) == [("capture", 1999), ("dispute", 1999), ("dispute_fee", FEE)]
    assert told_of(database) == ["payment.disputed"]
    calls = len(shop.gateways["stripe"].calls)
    status, error = await ask_back(shop, payment_id)
    assert (status, error["error"]["code"]) == (422, "payment_disputed")
    assert len(shop.gateways["stripe"].calls) == calls


@pytest.mark.parametrize("path", PATHS)
async def test_a_dispute_that_is_won_gives_its_money_back_and_the_payment_can_be_refunded(
    shop: Shop, database: TestDatabase, path: str
) -> None:
    payment_id = await charged(shop)
    await hear(shop, path, dispute(shop))
    await hear(shop, path, dispute(shop, DisputeState.WON))
    now = await shown(shop, payment_id)
    assert (now["disputed_minor"], now["refundable_minor"], now["dispute_state"]) == (0, 1999, "won")
    assert rows(database, CLEARING) == [(1999 - FEE,)]
    assert told_of(database) == ["payment.disputed", "payment.dispute_closed"]
    assert (await ask_back(shop, payment_id))[0] == 201


@pytest.mark.parametrize("path", PATHS)
async def test_a_dispute_that_is_lost_leaves_its_money_where_it_went(
    shop: Shop, database: TestDatabase, path: str
) -> None:
    payment_id = await charged(shop)
    await hear(shop, path, dispute(shop))
    await hear(shop, path, dispute(shop, DisputeState.LOST))
    now = await shown(shop, payment_id)
    assert (now["disputed_minor"], now["refundable_minor"], now["dispute_state"]) == (1999, 0, "lost")
    assert rows(database, CLEARING) == [(-FEE,)]


@pytest.mark.parametrize("path", PATHS)
async def test_an_inquiry_takes_nothing_until_it_is_escalated(shop: Shop, database: TestDatabase, path: str) -> None:
    payment_id = await charged(shop)
    await hear(shop, path, dispute(shop, DisputeState.INQUIRY))
    now = await shown(shop, payment_id)
    assert (now["disputed_minor"], now["refundable_minor"], now["dispute_state"]) == (0, 1999, "inquiry")
    await hear(shop, path, dispute(shop))
    assert rows(database, CLEARING) == [(-FEE,)]
    assert told_of(database) == ["payment.dispute_opened", "payment.disputed"]


@pytest.mark.parametrize("path", PATHS)
async def test_an_inquiry_that_comes_to_nothing_is_closed(shop: Shop, database: TestDatabase, path: str) -> None:
    payment_id = await charged(shop)
    await hear(shop, path, dispute(shop, DisputeState.INQUIRY))
    await hear(shop, path, dispute(shop, DisputeState.CLOSED))
    assert (await shown(shop, payment_id))["dispute_state"] == "closed"
    assert rows(database, CLEARING) == [(1999,)]
    assert told_of(database) == ["payment.dispute_opened", "payment.dispute_closed"]


async def test_whatever_order_it_is_heard_in_the_end_is_the_same(shop: Shop, database: TestDatabase) -> None:
    payment_id = await charged(shop)
    for state in (DisputeState.WON, DisputeState.INQUIRY, DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW):
        await hear(shop, "webhook", dispute(shop, state))
        now = await shown(shop, payment_id)
        assert (now["dispute_state"], now["disputed_minor"], now["version"]) == ("won", 0, 4)
    assert rows(database, "SELECT from_state, to_state, evidence FROM books.dispute_transitions") == [
        ("", "won", "webhook")
    ]
    assert told_of(database) == ["payment.dispute_closed"]


async def test_a_fee_that_is_told_later_is_booked_once(shop: Shop, database: TestDatabase) -> None:
    await charged(shop)
    await hear(shop, "webhook", dispute(shop, fee_minor=0))
    await hear(shop, "feed", dispute(shop))
    assert rows(database, KINDS) == [("capture", 1999), ("dispute", 1999), ("dispute_fee", FEE)]
    assert told_of(database) == ["payment.disputed", "payment.dispute_updated"]


async def test_money_comes_back_only_of_a_dispute_that_is_won(shop: Shop, database: TestDatabase) -> None:
    await charged(shop)
    await hear(shop, "webhook", dispute(shop, DisputeState.LOST, reinstated_minor=1999))
    assert rows(database, CLEARING) == [(-FEE,)]


async def test_more_than_was_captured_is_never_withdrawn_and_people_are_told(
    shop: Shop, database: TestDatabase
) -> None:
    await charged(shop)
    await hear(shop, "webhook", dispute(shop))
    await hear(shop, "webhook", dispute(shop, reference="dp_2"), times=1)
    assert rows(database, "SELECT reference FROM books.disputes") == [("dp_1",)]
    assert rows(database, "SELECT action FROM books.audit WHERE outcome = 'alert'") == [("dispute_exceeds_capture",)]


async def test_a_dispute_of_a_charge_in_doubt_waits_for_it(shop: Shop, database: TestDatabase) -> None:
    stripe = shop.gateways["stripe"]
    stripe.script = lambda request: TIMEOUT
    await shop.create("k1")
    await hear(shop, "webhook", dispute(shop), times=1)
    assert rows(database, "SELECT count(*) FROM books.disputes") == [(0,)]
    assert rows(database, "SELECT processed_at_us FROM books.inbound_events") == [(None,)]


async def test_refunds_and_a_dispute_at_once_are_decided_by_the_payments_row(
    shop: Shop, database: TestDatabase
) -> None:
    payment_id = await charged(shop)
    refund, _ = await asyncio.gather(ask_back(shop, payment_id), hear(shop, "webhook", dispute(shop), times=1))
    now = await shown(shop, payment_id)
    assert refund[0] in (201, 422)
    assert now["disputed_minor"] == 1999
    assert now["refundable_minor"] == 0
    assert rows(database, "SELECT count(*) FROM books.refunds") == [(int(refund[0] == 201),)]


async def test_an_open_dispute_from_before_the_span_is_looked_up(shop: Shop, database: TestDatabase) -> None:
    payment_id = await charged(shop)
    await hear(shop, "webhook", dispute(shop))
    with database.connect() as connection:
        connection.execute("UPDATE pay.disputes SET opened_at_us = 1")
    shop.gateways["stripe"].disputed = [dispute(shop, DisputeState.WON)]
    await reconcile(shop)
    assert (await shown(shop, payment_id))["dispute_state"] == "won"
    breaks = rows(database, "SELECT kind, state, line_id FROM books.reconciliation_breaks")
    assert breaks == [("dispute_differs", "repaired", "dp_1:won")]
    await reconcile(shop)
    assert rows(database, "SELECT breaks_found FROM books.reconciliation_runs ORDER BY started_at_us") == [(1,), (0,)]


async def test_who_took_a_charge_is_found_by_the_gateways_id_of_it(shop: Shop) -> None:
    await charged(shop)
    request = shop.gateways["stripe"].calls[0]
    async with shop.platform.database.connection() as connection:
        assert await taker_of(connection, "stripe", f"stripe:{request.gateway_key}") == request.attempt_id
        assert await taker_of(connection, "paypal", f"stripe:{request.gateway_key}") is None


def test_the_database_walks_the_published_edges(database: TestDatabase) -> None:
    for before in DisputeState:
        for after in DisputeState:
            [(may,)] = rows(database, f"SELECT pay.dispute_may_go('{before}', '{after}')")
            assert may == ((before, after) in DISPUTE_EDGES), (before, after)


# The runbook's chargeback

CHARGEBACK = {"chargebackReference": "CB12345", "amount": 1999, "reason": "unauthorized transaction"}


async def record(shop: Shop, payment_id: str, body: object = CHARGEBACK) -> tuple[int, dict[str, Any]]:
    status, answer, _, _ = await shop.operate(f"payment/transactions/{payment_id}/chargeback", body)
    return status, answer


async def test_an_operators_chargeback_is_booked_once_as_its_gateway_proves_it(
    shop: Shop, database: TestDatabase
) -> None:
    payment_id = await charged(shop)
    shop.gateways["stripe"].disputed = [dispute(shop, DisputeState.LOST)]
    answers = [await record(shop, payment_id) for _ in range(3)]
    assert [(status, answer["outcome"]) for status, answer in answers] == [
        (200, "recorded"), (200, "already"), (200, "already"),
    ]  # fmt: skip
    assert answers[0][1]["dispute"] == "dp_1"
    await hear(shop, "webhook", dispute(shop))
    assert rows(database, KINDS) == [("capture", 1999), ("dispute", 1999), ("dispute_fee", FEE)]
    assert rows(database, "SELECT outcome FROM books.audit WHERE action = 'chargeback' ORDER BY at_us") == [
        ("done",), ("unchanged",), ("unchanged",),
    ]  # fmt: skip
    status, error = await record(shop, payment_id, {**CHARGEBACK, "amount": 1})
    assert (status, error["error"]["code"]) == (409, "gateway_contradicts")


async def test_a_chargeback_that_its_gateway_does_not_have_is_refused_and_audited(
    shop: Shop, database: TestDatabase
) -> None:
    payment_id = await charged(shop)
    assert (await record(shop, payment_id))[1]["error"]["code"] == "gateway_contradicts"
    shop.gateways["stripe"].feed_trouble = TIMEOUT
    status, error = await record(shop, payment_id)
    assert (status, error["error"]["code"]) == (503, "gateway_silent")
    assert rows(database, CLEARING) == [(1999,)]
    assert rows(database, "SELECT outcome FROM books.audit WHERE action = 'chargeback'") == [("refused",), ("refused",)]


async def test_a_reference_stands_for_one_chargeback(shop: Shop) -> None:
    payment_id = await charged(shop)
    stripe = shop.gateways["stripe"]
    stripe.disputed = [dispute(shop)]
    assert (await record(shop, payment_id))[0] == 200
    _, other, _, _ = await shop.create("k9", merchant_reference="order-9")
    second = f"stripe:{stripe.calls[-1].gateway_key}"
    stripe.disputed = [dispute(shop, reference="dp_2", charge_ref=second)]
    status, error = await record(shop, str(other["id"]))
    assert (status, error["error"]["code"]) == (409, "chargeback_reference_used")
    assert (await shown(shop, str(other["id"])))["dispute_state"] is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"amount": "1999"}, "amount_invalid"),
        ({"amount": 0}, "amount_invalid"),
        ({"amount": True}, "amount_invalid"),
        ({"amount": None}, "parameter_missing"),
        ({"chargebackReference": ""}, "parameter_invalid"),
        ({"chargebackReference": 7}, "parameter_invalid"),
        ({"reason": None}, "parameter_missing"),
        ({"extra": 1}, "parameter_unknown"),
    ],
)
async def test_a_malformed_chargeback_is_refused(shop: Shop, wrong: dict[str, Any], code: str) -> None:
    payment_id = await charged(shop)
    status, error = await record(shop, payment_id, {**CHARGEBACK, **wrong})
    assert (status, error["error"]["code"]) == (400, code)


async def test_only_what_took_money_is_charged_back(shop: Shop) -> None:
    _, payment, _, _ = await shop.create("k1", capture="manual")
    assert (await record(shop, str(payment["id"])))[1]["error"]["code"] == "transaction_not_charged"
    assert (await record(shop, "pay_doesnotexist"))[0] == 404
