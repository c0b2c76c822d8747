"""Outbox and deliveries against a real database and a real endpoint."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from system.clock import now_us
from system.decisions.schedule import Schedule
from system.signing import verify
from system.store.outbox import publish
from system.webhooks.sender import Sender
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop

pytestmark = pytest.mark.real

SECRET = "whsec_m_alpha"


@dataclass
class Endpoint:
    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.received.append((await request.read(), request.headers["Webhook-Signature"]))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def endpoint(database: TestDatabase) -> AsyncIterator[Endpoint]:
    taker = Endpoint()
    app = web.Application()
    app.router.add_post("/hooks", taker.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    taker.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    with database.connect() as connection:
        (before,) = connection.execute("SELECT webhook_url FROM pay.merchants WHERE merchant_id = 'm_alpha'").fetchone()
        connection.execute("UPDATE pay.merchants SET webhook_url = %s WHERE merchant_id = 'm_alpha'", (taker.url,))
    yield taker
    with database.connect() as connection:
        connection.execute("UPDATE pay.merchants SET webhook_url = %s WHERE merchant_id = 'm_alpha'", (before,))
    await runner.cleanup()


@pytest.fixture
async def sender(shop: Shop) -> AsyncIterator[Sender]:
    async with aiohttp.ClientSession() as http:
        yield Sender(
            owner="worker-1",
            connections=shop.platform.database.connection,
            http=http,
            secrets={"m_alpha": SECRET},
            schedule=Schedule(base_s=0.01, max_s=0.02, give_up_s=3600.0),
            now_us=now_us,
        )


def rows(database: TestDatabase, sql: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


async def publish_all(shop: Shop) -> int:
    async with shop.platform.database.connection() as connection:
        return await publish(connection, now_us())


async def deliver_until(sender: Sender, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5.0
    while not done():
        assert time.monotonic() < deadline
        await sender.run_once()
        await asyncio.sleep(0.01)


def states(database: TestDatabase) -> list[object]:
    return [row[0] for row in rows(database, "SELECT state FROM books.webhook_deliveries ORDER BY created_at_us")]


async def paid(shop: Shop) -> str:
    status, payment, _, _ = await shop.create("k1")
    assert status == 201
    return str(payment["id"])


async def test_each_event_becomes_one_delivery_with_its_own_bytes_and_a_fresh_signature(
    shop: Shop, database: TestDatabase, endpoint: Endpoint, sender: Sender
) -> None:
    await paid(shop)
    assert await publish_all(shop) == 1
    assert await publish_all(shop) == 0
    await deliver_until(sender, lambda: states(database) == ["delivered"])
    [(body, signature)] = endpoint.received
    verify([SECRET], signature, body, time.time())
    assert rows(database, "SELECT body FROM pay.outbox") == [(body.decode(),)]
    assert rows(database, "SELECT http_status, error FROM books.delivery_attempts") == [(200, None)]


async def test_a_payments_events_arrive_in_order_even_when_the_first_has_to_be_repeated(
    shop: Shop, database: TestDatabase, endpoint: Endpoint, sender: Sender
) -> None:
    payment_id = await paid(shop)
    endpoint.statuses = [500, 503]
    for number in range(2):
        status, _, _, _ = await shop.refund(payment_id, f"r{number}", amount_minor=500)
        assert status == 201
    assert await publish_all(shop) == 3
    await deliver_until(sender, lambda: states(database) == ["delivered"] * 3)
    sequence = [row[0] for row in rows(database, "SELECT body FROM pay.outbox ORDER BY sequence")]
    assert [body.decode() for body, _ in endpoint.received] == [sequence[0], sequence[0], *sequence]
    tries = rows(database, "SELECT http_status FROM pay.delivery_attempts ORDER BY delivery_attempt_id")
    assert [row[0] for row in tries][:3] == [500, 503, 200]


async def test_a_dead_letter_is_written_after_the_whole_schedule_and_lets_later_events_pass(
    shop: Shop, database: TestDatabase, endpoint: Endpoint, sender: Sender
) -> None:
    payment_id = await paid(shop)
    await publish_all(shop)
    await shop.refund(payment_id, "r1", amount_minor=500)
    await publish_all(shop)
    with database.connect() as connection:
        connection.execute(
            "UPDATE pay.webhook_deliveries SET created_at_us = 0"
            " WHERE event_id = (SELECT event_id FROM pay.outbox ORDER BY sequence LIMIT 1)"
        )
    endpoint.statuses = [500]
    await deliver_until(sender, lambda: states(database) == ["dead", "delivered"])
    assert rows(database, "SELECT action, outcome FROM books.audit") == [("webhook_dead_letter", "alert")]


async def test_a_try_that_nobody_wrote_down_is_repeated_with_the_same_bytes(
    shop: Shop, database: TestDatabase, endpoint: Endpoint, sender: Sender
) -> None:
    await paid(shop)
    await publish_all(shop)
    await sender.run_once()
    await asyncio.wait_for(asyncio.gather(*sender._flying), 5)
    sender._tries.clear()  # killed after the endpoint answered, before the outcome was written
    with database.connect() as connection:
        connection.execute("UPDATE pay.webhook_deliveries SET next_attempt_at_us = 0")  # the lease runs out
    await deliver_until(sender, lambda: states(database) == ["delivered"])
    assert len({body for body, _ in endpoint.received}) == 1
    assert len(endpoint.received) == 2


async def test_outcomes_survive_a_database_that_is_away(
    shop: Shop, database: TestDatabase, endpoint: Endpoint, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paid(shop)
    await publish_all(shop)
    await sender.run_once()
    await asyncio.wait_for(asyncio.gather(*sender._flying), 5)

    async def broken(*_: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr("system.webhooks.sender.finish", broken)
        with pytest.raises(OSError, match="away"):
            await sender.run_once()
    await sender.drain()
    assert states(database) == ["delivered"]
    assert len(endpoint.received) == 1


async def test_an_unreachable_endpoint_is_tried_again_and_the_failure_is_written(
    shop: Shop, database: TestDatabase, sender: Sender
) -> None:
    await paid(shop)  # the merchant's url points at a closed port
    await publish_all(shop)
    await deliver_until(
        sender, lambda: rows(database, "SELECT attempts >= 2 FROM books.webhook_deliveries") == [(True,)]
    )
    assert states(database) == ["pending"]
    tries = rows(database, "SELECT DISTINCT http_status, error FROM books.delivery_attempts")
    assert tries == [(None, "ClientConnectorError")]


async def test_two_tries_of_one_delivery_that_are_written_down_together_both_count(
    shop: Shop, database: TestDatabase, sender: Sender
) -> None:
    await paid(shop)  # the merchant's url points at a closed port
    await publish_all(shop)
    await sender.run_once()
    await asyncio.wait_for(asyncio.gather(*sender._flying), 5)
    sender._tries *= 2  # the first could not be written down, its lease ran out, and it was tried again
    await sender.flush()
    assert rows(database, "SELECT attempts FROM books.webhook_deliveries") == [(2,)]
    assert rows(database, "SELECT count(*) FROM books.delivery_attempts") == [(2,)]
