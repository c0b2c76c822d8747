"""The resolver against a real database, with gateways in memory."""

import asyncio
import time
from collections.abc import Callable

import pytest

from system.attempts.recording import conclude
from system.gateway import Advice, GatewayReply, GatewayRequest, Knowledge, Lookup, LookupStatus, Phase
from system.store.attempts import claim
from system.worker.resolver import Resolver
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import DECLINED, REFUSED, TIMEOUT, FakeGateway, Shop, open_shop
from tests.system.worker.conftest import QUICK

pytestmark = pytest.mark.real

PAID = "SELECT status FROM books.payments"


def in_turn(*replies: GatewayReply | None) -> Callable[[GatewayRequest], GatewayReply | None]:
    remaining = list(replies)
    return lambda request: remaining.pop(0) if remaining else None


async def resolve_until(shop: Shop, done: Callable[[], bool], within_s: float = 5.0) -> None:
    resolver, deadline = Resolver(shop.platform), time.monotonic() + within_s
    while not done():
        assert time.monotonic() < deadline
        if not await resolver.run_once():
            await asyncio.sleep(0.01)


def rows(database: TestDatabase, sql: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


def state_is(database: TestDatabase, *states: str) -> Callable[[], bool]:
    return lambda: [row[0] for row in rows(database, "SELECT state FROM books.attempts ORDER BY seq")] == [*states]


async def test_an_unknown_is_resent_under_the_same_key_and_completes_the_payment(
    shop: Shop, database: TestDatabase
) -> None:
    shop.gateways["stripe"].script = in_turn(TIMEOUT)
    status, payment, first, _ = await shop.create("k1")
    assert (status, payment["status"]) == (202, "processing")
    await resolve_until(shop, state_is(database, "succeeded"))
    assert len(shop.gateways["stripe"].calls) == 2
    assert len(shop.gateways["stripe"].executed) == 1
    assert rows(database, "SELECT status, captured_minor FROM books.payments") == [("captured", 1999)]
    assert rows(database, "SELECT sum(amount_minor), count(*) FROM books.postings") == [(0, 2)]
    assert rows(database, "SELECT evidence FROM books.attempts") == [("resend",)]
    assert rows(database, "SELECT resolve_count FROM books.operations") == [(1,)]
    status, _, again, headers = await shop.create("k1")
    assert (status, again, headers["idempotent-replayed"]) == (202, first, "true")
    assert (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1]["status"] == "captured"


async def test_when_resends_stay_unanswered_the_lookup_finds_it(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    await shop.create("k1")
    await resolve_until(shop, state_is(database, "succeeded"))
    assert rows(database, "SELECT evidence, state FROM books.attempts") == [("lookup", "succeeded")]
    assert rows(database, "SELECT resolve_count FROM books.operations") == [(2,)]


async def test_misses_and_refused_resends_leave_it_unknown_and_block_the_other_gateway(
    shop: Shop, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def miss(self: FakeGateway, request: GatewayRequest) -> Lookup:
        return Lookup(LookupStatus.MISS)

    monkeypatch.setattr(FakeGateway, "lookup", miss)
    shop.gateways["stripe"].script = in_turn(TIMEOUT, *[REFUSED] * 1000)
    await shop.create("k1")
    await resolve_until(shop, lambda: rows(database, "SELECT misses >= 4 FROM pay.gateway_attempts") == [(True,)])
    assert rows(database, "SELECT state FROM books.operations") == [("unknown",)]
    assert rows(database, "SELECT status FROM books.payments") == [("processing",)]
    assert not shop.gateways["paypal"].calls
    assert len({call.gateway_key for call in shop.gateways["stripe"].calls}) == 1


async def test_a_decline_of_the_resend_fails_the_payment_with_that_code(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = in_turn(TIMEOUT, DECLINED)
    await shop.create("k1")
    await resolve_until(shop, state_is(database, "declined"))
    assert rows(database, "SELECT status, error_code FROM books.payments") == [("failed", "card_declined")]


async def test_a_rejected_resend_is_no_decline_and_the_lookup_finds_the_charge(
    shop: Shop, database: TestDatabase
) -> None:
    rotated_key = GatewayReply(Knowledge.DEFINITE_NO, Advice.ALARM, Phase.ANSWERED, 401, "invalid_request_error")
    shop.gateways["stripe"].script = in_turn(TIMEOUT, *[rotated_key] * 100)
    await shop.create("k1")
    await resolve_until(shop, state_is(database, "succeeded"))
    assert rows(database, "SELECT evidence FROM books.attempts") == [("lookup",)]
    assert rows(database, PAID) == [("captured",)]


async def test_after_the_limit_it_goes_to_people_with_an_alert_and_still_accepts_evidence(
    database: TestDatabase,
) -> None:
    async with open_shop(database.environment, **QUICK, resolve_limit_s=0.001) as shop:
        shop.gateways["stripe"].script = lambda request: TIMEOUT
        await shop.create("k1")
        await resolve_until(shop, state_is(database, "manual"))
    assert rows(database, "SELECT state, manual_reason IS NOT NULL FROM books.operations") == [("manual", True)]
    assert rows(database, "SELECT action, outcome FROM books.audit") == [("unknown_to_manual_queue", "alert")]
    assert rows(database, "SELECT status FROM books.payments") == [("processing",)]


async def test_an_open_breaker_is_not_hammered(database: TestDatabase) -> None:
    settings = {**QUICK, "breaker_min_failures": 2, "breaker_failure_share": 0.1, "breaker_open_s": 60.0}
    async with open_shop(database.environment, **settings) as shop:
        shop.gateways["stripe"].script = lambda request: TIMEOUT
        await asyncio.gather(*(shop.create(f"k{number}") for number in range(3)))
        calls = len(shop.gateways["stripe"].calls)
        assert not shop.platform.breakers.is_closed("stripe", "charge")
        resolver = Resolver(shop.platform)
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            await resolver.run_once()
            await asyncio.sleep(0.01)
        assert len(shop.gateways["stripe"].calls) == calls
    assert rows(database, "SELECT max(checks) FROM pay.gateway_attempts") == [(0,)]


@pytest.mark.parametrize(
    ("state", "becomes", "payment"), [("prepared", "not_executed", "failed"), ("dispatched", "succeeded", "captured")]
)
async def test_what_a_dead_replica_left_is_closed_if_never_sent_and_resolved_if_sent(
    shop: Shop, database: TestDatabase, state: str, becomes: str, payment: str
) -> None:
    shop.gateways["stripe"].script = in_turn(TIMEOUT)
    await shop.create("k1")
    with database.connect() as connection:
        connection.execute(
            "UPDATE pay.gateway_attempts SET state = %s, check_after_us = 0, lease_until_us = 0", (state,)
        )
    await resolve_until(shop, state_is(database, becomes))
    assert rows(database, "SELECT status FROM books.payments") == [(payment,)]


async def test_what_was_sent_after_all_is_not_closed_as_never_sent(shop: Shop, database: TestDatabase) -> None:
    """The resolver read the attempt before its slow owner sent it, and concludes afterwards."""
    shop.gateways["stripe"].script = in_turn(TIMEOUT)
    await shop.create("k1")
    async with shop.platform.database.connection() as connection:
        (claimed,) = await claim(connection, "worker", time.time_ns() // 1000 + 3_600_000_000, lease_us=1, limit=1)
    assert await conclude(shop.platform, claimed, "not_executed", "undispatched") == "stale"
    assert state_is(database, "unknown")()


async def test_a_lease_keeps_other_workers_away_until_it_runs_out(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = in_turn(TIMEOUT)
    await shop.create("k1")
    later_us = time.time_ns() // 1000 + 1_000_000
    async with shop.platform.database.connection() as connection:
        mine = await claim(connection, "worker-1", later_us, lease_us=5_000_000, limit=9)
        theirs = await claim(connection, "worker-2", later_us + 4_999_999, lease_us=5_000_000, limit=9)
        taken_over = await claim(connection, "worker-2", later_us + 5_000_000, lease_us=5_000_000, limit=9)
    assert [len(mine), len(theirs), len(taken_over)] == [1, 0, 1]
    assert mine[0].request == taken_over[0].request


async def test_a_retryable_decline_of_the_resend_is_followed_at_the_other_gateway(
    shop: Shop, database: TestDatabase
) -> None:
    retryable = GatewayReply(Knowledge.DEFINITE_NO, Advice.FALLBACK_OK, Phase.ANSWERED, 402, "processing_error")
    shop.gateways["stripe"].script = in_turn(TIMEOUT, retryable)
    await shop.create("k1")
    await resolve_until(shop, state_is(database, "declined", "succeeded"))
    assert rows(database, "SELECT status, gateway FROM books.payments") == [("captured", "paypal")]


async def test_a_lookup_that_finds_nothing_doubles_the_charge_with_b09_only(database: TestDatabase) -> None:
    async def miss(self: FakeGateway, request: GatewayRequest) -> Lookup:
        return Lookup(LookupStatus.MISS)

    for bug, charges in (("", 1), ("B09", 2)):
        database.empty()
        async with open_shop(database.environment, **QUICK, bug=bug) as shop:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(FakeGateway, "lookup", miss)
                shop.gateways["stripe"].script = in_turn(TIMEOUT, TIMEOUT)
                await shop.create("k1")
                await resolve_until(shop, lambda: rows(database, PAID) == [("captured",)])
            assert sum(len(gateway.executed) for gateway in shop.gateways.values()) == charges
            assert bool(shop.platform.planted.reached) == bool(bug)
