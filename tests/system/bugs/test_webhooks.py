"""Planted bugs about webhooks, in both directions: the same event, delivery or try, sound and planted."""

import json
import time
from typing import Any

import pytest

from system.clock import now_us
from system.decisions.schedule import Schedule
from system.planted import Planted, load
from system.seams import Seams
from system.settings import Settings
from system.signing import SignatureError, sign
from system.store.outbox import publish
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop
from tests.system.webhooks.conftest import SECRETS
from tests.system.webhooks.test_inbound import post, rows, stripe_event, unknown_payment
from tests.system.worker.conftest import QUICK

BODY = b'{"id":"evt_1"}'
SCHEDULE = Schedule(base_s=0.5, max_s=2.0, give_up_s=259_200.0)


def planted(bug: str) -> tuple[Seams, Planted]:
    return load(Settings(bug=bug))


def believed(seams: Seams, header: str | None) -> bool:
    try:
        seams.verify_event(["whsec_us"], header, BODY, time.time())
    except SignatureError:
        return False
    return True


@pytest.mark.parametrize(
    ("bug", "forged", "old"), [("", False, False), ("B83", True, True), ("B84", False, True)], ids=["sound", "83", "84"]
)
def test_which_false_signatures_are_believed(bug: str, forged: bool, old: bool) -> None:
    seams, counter = planted(bug)
    now_s = int(time.time())
    assert believed(seams, sign("whsec_us", BODY, now_s))
    assert counter.reached == 0
    assert believed(seams, sign("whsec_nobody", BODY, now_s)) == believed(seams, None) == forged
    assert [believed(seams, sign("whsec_us", BODY, now_s + skew_s)) for skew_s in (-600, 600)] == [old, old]
    assert counter.reached == 2 * forged + 2 * old


@pytest.mark.parametrize(
    ("bug", "states"),
    [
        ("", ["delivered", "pending", "pending", "pending"]),
        ("B90", ["delivered", "delivered", "pending", "pending"]),
        ("B91", ["delivered", "pending", "delivered", "pending"]),
        ("B92", ["delivered", "dead", "dead", "dead"]),
    ],
)
def test_what_a_second_try_comes_to(bug: str, states: list[str]) -> None:
    seams, counter = planted(bug)
    answers = (200, 307, None, 503)
    verdicts = [seams.after_try(answer, tries=2, age_s=1.0, schedule=SCHEDULE, chance=0.5) for answer in answers]
    assert [verdict.state for verdict in verdicts] == states
    assert counter.reached == sum(a != b for a, b in zip(states, ["delivered", *["pending"] * 3], strict=True))


async def told(shop: Shop) -> list[dict[str, Any]]:
    """Return the bodies of the deliveries that are due, by their number."""
    async with shop.platform.database.connection() as connection:
        await publish(connection, now_us())
        claim = shop.platform.seams.claim_deliveries
        due = await claim(connection, "worker-1", now_us(), lease_us=1_000_000, limit=10)
    return sorted((json.loads(item.payload) for item in due), key=lambda event: int(event["sequence"]))


@pytest.mark.real
@pytest.mark.parametrize(("bug", "amount_minor"), [("", 500), ("B88", 50_000)])
async def test_what_an_event_says_of_an_amount_without_decimals(
    database: TestDatabase, bug: str, amount_minor: int
) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        assert (await shop.create("k1", merchant="m_beta", currency="JPY", amount_minor=500))[0] == 201
        (event,) = await told(shop)
        assert (event["data"]["amount_minor"], event["data"]["captured_minor"]) == (amount_minor, amount_minor)
        assert shop.platform.planted.reached == bool(bug)


@pytest.mark.real
@pytest.mark.parametrize(("bug", "status"), [("", "captured"), ("B89", "partially_refunded")])
async def test_what_an_event_says_of_a_payment_that_moved_on(database: TestDatabase, bug: str, status: str) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        _, payment, _, _ = await shop.create("k1")
        assert (await shop.refund(payment["id"], "r1", amount_minor=500))[0] == 201
        event = (await told(shop))[0]
        assert (event["type"], event["data"]["status"]) == ("payment.captured", status)
        assert shop.platform.planted.reached == bool(bug)


@pytest.mark.real
@pytest.mark.parametrize(("bug", "postings"), [("", 2), ("B30", 4)])
async def test_a_copy_of_an_event_that_has_acted(database: TestDatabase, bug: str, postings: int) -> None:
    async with open_shop(database.environment, bug=bug, **QUICK, **SECRETS) as shop:
        body = stripe_event(await unknown_payment(shop))
        assert [await post(shop, body) for _ in range(2)] == [200, 200]
        assert shop.platform.planted.reached == bool(bug)
    assert rows(database, "SELECT count(*) FROM books.postings") == [(postings,)]


@pytest.mark.real
@pytest.mark.parametrize(("bug", "status"), [("", "partially_refunded"), ("B32", "captured")])
async def test_a_late_event_of_a_payment_that_moved_on(database: TestDatabase, bug: str, status: str) -> None:
    async with open_shop(database.environment, bug=bug, **QUICK, **SECRETS) as shop:
        _, payment, _, _ = await shop.create("k1")
        body = stripe_event(shop.gateways["stripe"].calls[0])
        assert (await shop.refund(payment["id"], "r1", amount_minor=500))[0] == 201
        assert await post(shop, body) == 200
        assert shop.platform.planted.reached == bool(bug)
    assert rows(database, "SELECT status FROM books.payments") == [(status,)]


@pytest.mark.real
@pytest.mark.parametrize(("bug", "waiting"), [("", 1), ("B85", 0)])
async def test_an_event_that_cannot_act_yet(database: TestDatabase, bug: str, waiting: int) -> None:
    async with open_shop(database.environment, bug=bug, **QUICK, **SECRETS) as shop:
        request = await unknown_payment(shop)
        with database.connect() as connection:
            connection.execute("UPDATE pay.gateway_attempts SET state = 'dispatched'")
        assert await post(shop, stripe_event(request)) == 200
        assert shop.platform.planted.reached == bool(bug)
    undone = "SELECT count(*) FROM books.inbound_events WHERE processed_at_us IS NULL"
    assert rows(database, undone) == [(waiting,)]
