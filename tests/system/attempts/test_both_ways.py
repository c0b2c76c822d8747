"""One attempt, one life: what a reply changes is the same whether a client waits for it or it is learnt later."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from system.gateway import Advice, GatewayReply, GatewayRequest, Knowledge, Phase
from system.worker.resolver import Resolver
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import REFUSED, TIMEOUT, Shop, open_shop
from tests.system.core.test_routing import NAMES, attempts, opened, three
from tests.system.reconciliation.test_reconciler import AT_ONCE, reconcile
from tests.system.webhooks.conftest import SECRETS
from tests.system.webhooks.test_inbound import post, stripe_event
from tests.system.worker.conftest import QUICK

pytestmark = pytest.mark.real

RETRYABLE = GatewayReply(Knowledge.DEFINITE_NO, Advice.FALLBACK_OK, Phase.ANSWERED, 402, "processing_error")
BROKEN = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.ANSWERED, 500, "server_error")

UNDOING = "SELECT count(*) FROM pay.operations WHERE kind = 'reversal'"

Script = Callable[[GatewayRequest], GatewayReply | None]


def in_turn(*replies: GatewayReply | None) -> Script:
    remaining = list(replies)
    return lambda request: remaining.pop(0) if remaining else None


def always(reply: GatewayReply | None) -> Script:
    return lambda request: reply


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    async with open_shop(database.environment, **QUICK, **AT_ONCE, **SECRETS) as running:
        yield running


def rows(database: TestDatabase, sql: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


async def resolve_until(shop: Shop, done: Callable[[], bool]) -> None:
    resolver, deadline = Resolver(shop.platform), time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        if not await resolver.run_once():
            await asyncio.sleep(0.01)


def states(database: TestDatabase) -> list[object]:
    return [row[2] for row in attempts(database)]


# Which gateways are tried.


async def test_the_resolver_tries_every_gateway_as_the_api_does(database: TestDatabase) -> None:
    async with open_shop(three(database), NAMES, **QUICK) as shop:
        shop.gateways["first"].script = in_turn(TIMEOUT, RETRYABLE)
        shop.gateways["second"].script = always(REFUSED)
        assert (await shop.create("k1"))[0] == 202
        await resolve_until(shop, lambda: states(database) == ["declined", "not_executed", "succeeded"])
    assert [row[0] for row in attempts(database)] == [*NAMES]
    assert rows(database, "SELECT status, gateway FROM books.payments") == [("captured", "third")]


async def test_the_resolver_passes_over_a_gateway_whose_breaker_is_open_as_the_api_does(
    database: TestDatabase,
) -> None:
    async with open_shop(three(database), NAMES, **QUICK, breaker_open_s=60) as shop:
        shop.gateways["first"].script = in_turn(TIMEOUT, RETRYABLE)
        assert (await shop.create("k1"))[0] == 202
        await opened(shop, database, "second")
        await resolve_until(shop, lambda: states(database) == ["declined", "succeeded"])
    assert [row[0] for row in attempts(database)] == ["first", "third"]


async def test_when_all_refuse_the_payment_says_the_same_whoever_learnt_it(database: TestDatabase) -> None:
    told = "SELECT status, error_code, error_message FROM pay.payments ORDER BY created_at_us"
    async with open_shop(three(database), NAMES, **QUICK) as shop:
        for gateway in shop.gateways.values():
            gateway.script = always(REFUSED)
        assert (await shop.create("k1"))[0] == 503
        shop.gateways["first"].script = in_turn(TIMEOUT, RETRYABLE)
        assert (await shop.create("k2"))[0] == 202
        await resolve_until(shop, lambda: [row[0] for row in rows(database, told)] == ["failed", "failed"])
    assert rows(database, told) == 2 * [("failed", "gateway_unreachable", "No gateway could be reached.")]


# What is said to prove it.


@pytest.mark.parametrize(("reply", "evidence"), [(BROKEN, "reply"), (TIMEOUT, "transport")])
async def test_the_evidence_of_a_first_send_is_how_far_it_got_whoever_sent_it(
    shop: Shop, database: TestDatabase, reply: GatewayReply, evidence: str
) -> None:
    shop.gateways["stripe"].script = in_turn(reply)
    shop.gateways["paypal"].script = in_turn(reply)
    assert (await shop.create("k1"))[0] == 202
    assert rows(database, "SELECT state, evidence FROM books.attempts") == [("unknown", evidence)]
    shop.gateways["stripe"].script = always(RETRYABLE)
    followed = "SELECT evidence FROM pay.attempt_transitions WHERE to_state = 'unknown' ORDER BY at_us, transition_id"
    await resolve_until(shop, lambda: len(rows(database, followed)) == 2)
    assert rows(database, followed) == [(evidence,), (evidence,)]


# A success of what was closed as a "no".


def closing(database: TestDatabase, *before: GatewayReply) -> Script:
    """Whoever stands behind the last of these calls closes the attempt as declined; then the gateway does it."""
    remaining = list(before)

    def script(request: GatewayRequest) -> GatewayReply | None:
        if remaining:
            return remaining.pop(0)
        if request.kind == "sale":
            close(database)
        return None

    return script


def close(database: TestDatabase) -> None:
    with database.connect() as connection:
        connection.execute("UPDATE pay.gateway_attempts SET state = 'declined' WHERE call_kind = 'sale'")


async def by_the_api(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = closing(database)
    await shop.create("k1")


async def by_the_resolver(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = closing(database, TIMEOUT)
    await shop.create("k1")
    await resolve_until(shop, lambda: rows(database, UNDOING) == [(1,)])


async def by_a_first_send_of_the_resolver(shop: Shop, database: TestDatabase) -> None:
    """The attempt that follows at the next gateway is closed while it is there."""
    shop.gateways["stripe"].script = in_turn(TIMEOUT, RETRYABLE)
    shop.gateways["paypal"].script = closing(database)
    await shop.create("k1")
    await resolve_until(shop, lambda: rows(database, UNDOING) == [(1,)])


async def by_a_webhook(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = in_turn(TIMEOUT)
    await shop.create("k1")
    close(database)
    assert await post(shop, stripe_event(shop.gateways["stripe"].calls[0])) == 200


async def by_reconciliation(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = in_turn(TIMEOUT)
    await shop.create("k1")
    close(database)
    await reconcile(shop)


@pytest.mark.parametrize(
    "learnt", [by_the_api, by_the_resolver, by_a_first_send_of_the_resolver, by_a_webhook, by_reconciliation]
)
async def test_a_late_success_is_undone_once_and_told_to_people_whoever_learns_it(
    shop: Shop, database: TestDatabase, learnt: Callable[[Shop, TestDatabase], Awaitable[None]]
) -> None:
    await learnt(shop, database)
    told = "SELECT outcome, count(*) FROM books.audit WHERE action = 'late_success' GROUP BY outcome ORDER BY outcome"
    assert rows(database, told) == [("alert", 1), ("reversal_begun", 1)]
    assert rows(database, UNDOING) == [(1,)]
