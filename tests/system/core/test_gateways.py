"""Outages: legal fallback, re-sends, breakers, routing, reset."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from system.clock import shared_us
from system.gateway import GatewayReply, GatewayRequest, Phase
from system.store.record import NextAttempt, Record, fall_back
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import REFUSED, RESET, TIMEOUT, Shop, eventually, open_shop

pytestmark = pytest.mark.real


def in_turn(*replies: GatewayReply | None) -> Callable[[GatewayRequest], GatewayReply | None]:
    remaining = list(replies)
    return lambda request: remaining.pop(0) if remaining else None


async def test_a_refused_connection_falls_back_to_the_other_gateway(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = lambda request: REFUSED
    status, payment, _, _ = await shop.create("k1")
    assert (status, payment["gateway"]) == (201, "paypal")
    with database.connect() as connection:
        assert connection.execute("SELECT gateway, seq, state FROM books.attempts ORDER BY seq").fetchall() == [
            ("stripe", 1, "not_executed"),
            ("paypal", 2, "succeeded"),
        ]


async def test_when_every_gateway_refuses_the_payment_failed_for_good(shop: Shop) -> None:
    for gateway in shop.gateways.values():
        gateway.script = lambda request: REFUSED
    status, body, raw, _ = await shop.create("k1")
    assert (status, body["error"]["code"], body["error"]["definite"]) == (503, "gateway_unreachable", True)
    assert body["error"]["payment"]["status"] == "failed"
    assert (await shop.create("k1"))[2] == raw


async def test_no_answer_never_falls_back(shop: Shop) -> None:
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    assert (await shop.create("k1"))[0] == 202
    assert not shop.gateways["paypal"].calls


async def test_a_reset_is_resent_under_the_same_key(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = in_turn(RESET)
    status, payment, _, _ = await shop.create("k1")
    assert (status, payment["status"]) == (201, "captured")
    assert len({call.gateway_key for call in shop.gateways["stripe"].calls}) == 1
    with database.connect() as connection:
        assert connection.execute("SELECT sends FROM books.attempts").fetchone() == (2,)


async def test_a_refused_resend_proves_nothing_about_the_first(shop: Shop) -> None:
    shop.gateways["stripe"].script = in_turn(RESET, REFUSED, REFUSED)
    status, payment, _, _ = await shop.create("k1")
    assert (status, payment["status"]) == (202, "processing")
    assert not shop.gateways["paypal"].calls


async def test_a_doubt_is_asked_about_under_the_name_of_the_charge_it_was_about(
    shop: Shop, database: TestDatabase
) -> None:
    """A refund's answer that names the refund, but not what was asked for, proves nothing and renames nothing."""
    _, payment, _, _ = await shop.create("k1")
    contradiction = replace(TIMEOUT, phase=Phase.ANSWERED, http_status=200, code="amount_mismatch", gateway_ref="re_1")
    shop.gateways["stripe"].script = lambda request: contradiction
    assert (await shop.refund(payment["id"], "k2", amount_minor=5))[0] == 202
    charge_ref = shop.gateways["stripe"].calls[-1].gateway_ref
    assert charge_ref
    with database.connect() as connection:
        rows = connection.execute("SELECT state, gateway_ref FROM books.attempts ORDER BY prepared_at_us DESC")
        assert rows.fetchone() == ("unknown", charge_ref)


@pytest.mark.parametrize("state", ["unknown", "manual"])
async def test_the_database_refuses_an_illegal_fallback(shop: Shop, database: TestDatabase, state: str) -> None:
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    await shop.create("k1")
    with database.connect() as connection:
        found = connection.execute("SELECT attempt_id FROM books.attempts").fetchone()
    assert found is not None
    async with shop.platform.database.connection() as connection_:
        closing = Record(found[0], state, "resolve_limit", 1)
        with pytest.raises(psycopg.errors.UniqueViolation):
            await fall_back(connection_, closing, NextAttempt("att_x", "paypal", "att_x"))
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM books.attempts").fetchone() == (1,)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Put the breakers' clock forward by so many seconds."""
    ahead_us = 0

    def put_forward(seconds: float) -> None:
        nonlocal ahead_us
        ahead_us += round(seconds * 1e6)

    monkeypatch.setattr("system.breakers.shared_us", lambda: shared_us() + ahead_us)
    return put_forward


PATIENT = {"breaker_window_s": 300, "breaker_open_s": 300, "breaker_probe_timeout_s": 300, "gateway_slow_s": 300}


async def test_a_breaker_opens_sheds_probes_once_and_closes(
    database: TestDatabase, later: Callable[[float], None]
) -> None:
    async with open_shop(database.environment, breaker_min_failures=3, retry_budget_share=0, **PATIENT) as shop:
        stripe, paypal = shop.gateways["stripe"], shop.gateways["paypal"]
        stripe.script = lambda request: TIMEOUT
        # What fails before a process has read the breakers once counts for none of them.
        await shop.platform.shared.poll()
        for number in range(3):
            assert (await shop.create(f"bad{number}"))[0] == 202
        assert shop.platform.breakers.views["stripe", "charge"].state == "open"
        assert (await shop.create("other"))[1]["gateway"] == "paypal"
        assert len(stripe.calls) == 3
        paypal.script = lambda request: REFUSED
        stripe.script = lambda request: None
        stripe.passing.clear()
        later(301)
        asked = [asyncio.create_task(shop.create(f"probe{number}")) for number in range(4)]
        await eventually(lambda: sum(task.done() for task in asked) == 3)
        stripe.passing.set()
        answers = await asyncio.gather(*asked)
        assert len(stripe.calls) == 4
        assert sorted(answer[0] for answer in answers) == [201, 503, 503, 503]
        assert shop.platform.breakers.views["stripe", "charge"].state == "closed"
    with database.connect() as connection:
        moves = connection.execute(
            "SELECT from_state, to_state, version FROM books.breaker_transitions WHERE gateway = 'stripe'"
        ).fetchall()
    assert moves == [("closed", "open", 2), ("open", "half_open", 3), ("half_open", "closed", 4)]


async def test_a_hung_probe_gives_its_place_away_after_its_deadline(
    database: TestDatabase, later: Callable[[float], None]
) -> None:
    async with open_shop(database.environment, **PATIENT) as shop:
        with database.connect() as connection:
            connection.execute("UPDATE pay.breakers SET state = 'open', version = 2 WHERE gateway = 'stripe'")
        await shop.platform.shared.poll()
        breakers = shop.platform.breakers
        first = await breakers.acquire("stripe", "charge")
        assert first is not None
        assert first.probe_version == 3
        assert await breakers.acquire("stripe", "charge") is None
        later(301)
        second = await breakers.acquire("stripe", "charge")
        assert second is not None
        assert second.probe_version == 4
        await breakers.settle(first, failed=False)
        assert breakers.views["stripe", "charge"].state == "half_open"
        await breakers.settle(second, failed=False)
        assert breakers.views["stripe", "charge"].state == "closed"


async def test_nothing_is_written_when_no_breaker_lets_through_but_replays_still_work(
    shop: Shop, database: TestDatabase
) -> None:
    first = await shop.create("k1")
    with database.connect() as connection:
        connection.execute(
            "UPDATE pay.breakers SET state = 'open', version = version + 1,"
            " opened_at_us = (extract(epoch FROM now()) * 1000000)::bigint"
        )
    await shop.platform.shared.poll()
    status, body, _, headers = await shop.create("k2")
    assert (status, body["error"]["code"]) == (503, "gateways_unavailable")
    assert body["error"]["definite"] is True
    assert "payment" not in body["error"]
    assert headers["retry-after"] == "1"
    assert (await shop.create("k1"))[2] == first[2]
    refund = await shop.refund(first[1]["id"], "r1", amount_minor=100)
    assert (refund[0], refund[1]["error"]["code"]) == (503, "gateways_unavailable")
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM books.payments").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM books.idempotency_keys").fetchone() == (1,)


async def test_switching_the_gateway_is_acknowledged_by_every_replica_and_audited(database: TestDatabase) -> None:
    async with open_shop(database.environment, name="one") as one, open_shop(database.environment, name="two") as two:
        status, body, _, _ = await one.operate(
            "payment/switch-gateway", {"primaryGateway": "paypal", "reason": "outage"}
        )
        assert (status, body["acknowledged"], body["laggards"]) == (200, True, [])
        assert (await two.create("k1"))[1]["gateway"] == "paypal"
        assert (await one.operate("system/disable-fallback-gateway"))[1]["fallback_enabled"] is False
        two.gateways["paypal"].script = lambda request: REFUSED
        assert (await two.create("k2"))[0] == 503
        assert (await one.operate("system/enable-fallback-gateway"))[1]["fallback_enabled"] is True
        assert (await one.operate("system/refresh-db-connections"))[0] == 200
        assert (await one.create("k3"))[0] == 201
    with database.connect() as connection:
        assert [row[0] for row in connection.execute("SELECT action FROM books.audit").fetchall()] == [
            "switch_gateway",
            "disable_fallback_gateway",
            "enable_fallback_gateway",
            "refresh_db_connections",
        ]


async def test_operators_need_their_token_and_every_refusal_is_audited(shop: Shop, database: TestDatabase) -> None:
    for path in ("payment/switch-gateway", "system/enable-fallback-gateway", "system/reset"):
        status, body, _, _ = await shop.request("POST", f"/internal/api/{path}", body={})
        assert (status, body["error"]["code"]) == (401, "operator_token_invalid")
    assert (await shop.operate("payment/switch-gateway", {"primaryGateway": "nobody", "reason": "x"}))[0] == 400
    refused = "operator_token_invalid"
    assert audited(database) == [
        ("unknown", "switch_gateway", "routing", "refused", refused),
        ("unknown", "enable_fallback_gateway", "routing", "refused", refused),
        ("unknown", "reset", "books", "refused", refused),
        ("operator", "switch_gateway", "routing", "refused", "gateway_unknown"),
    ]


async def test_an_action_that_changes_nothing_is_audited_and_keeps_the_version(
    shop: Shop, database: TestDatabase
) -> None:
    before = shop.platform.shared.routing.version
    status, body, _, _ = await shop.operate("payment/switch-gateway", {"primaryGateway": "stripe", "reason": "sure"})
    assert (status, body["primary_gateway"], body["version"]) == (200, "stripe", before)
    assert audited(database) == [("operator", "switch_gateway", "routing", "unchanged", "stripe: sure")]


async def test_concurrent_operators_lose_no_change(shop: Shop, database: TestDatabase) -> None:
    with database.connect() as connection, connection.transaction():
        connection.execute("SELECT FROM pay.routing FOR UPDATE")
        switch = asyncio.create_task(
            shop.operate("payment/switch-gateway", {"primaryGateway": "paypal", "reason": "outage"})
        )
        disable = asyncio.create_task(shop.operate("system/disable-fallback-gateway"))
        await asyncio.sleep(0.3)
        assert not switch.done()
        assert not disable.done()
    await asyncio.gather(switch, disable)
    with database.connect() as connection:
        row = connection.execute("SELECT gateways, fallback_enabled FROM pay.routing").fetchone()
    assert row == (["paypal", "stripe"], False)


def audited(database: TestDatabase) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(
            "SELECT actor, action, object, outcome, detail FROM pay.audit ORDER BY audit_id"
        ).fetchall()


async def test_a_reset_empties_the_books_at_every_replica(database: TestDatabase) -> None:
    async with open_shop(database.environment, name="one") as one, open_shop(database.environment, name="two") as two:
        await one.create("k1")
        await two.operate("payment/switch-gateway", {"primaryGateway": "paypal", "reason": "x"})
        status, body, _, _ = await one.operate("system/reset")
        assert status == 200
        assert body["epoch"] == two.platform.shared.routing.epoch
        assert two.platform.shared.routing.primary == "stripe"
        assert (await two.create("k1"))[0] == 201
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM books.payments").fetchone() == (1,)


async def test_health_metrics_and_state_tell_what_is_going_on(shop: Shop) -> None:
    await shop.create("k1")
    _, body, _, _ = await shop.request("GET", "/health")
    assert (body["status"], body["bug"], body["routing"]["primary"]) == ("ok", "", "stripe")
    async with shop.session.get(shop.url + "/metrics") as response:
        text = await response.text()
    for name in (
        'payments_total{outcome="succeeded"} 1.0',
        'payments_total{outcome="failed"} 0.0',
        "database_up 1.0",
        "payment_processing_latency_count 1.0",
        "refund_processing_latency_count 0.0",
        'gateway_answers_total{gateway="stripe",result="ok"} 1.0',
        'gateway_answers_total{gateway="paypal",result="failed"} 0.0',
        "fraud_detection_latency_count 0.0",
        'breaker_state{gateway="stripe",operation_class="charge",state="closed"} 1.0',
        'backlog{kind="outbox_pending"} 1.0',
        "planted_bug_reached_total 0.0",
    ):
        assert name in text, name
    async with shop.session.get(shop.url + "/metrics?name[]=database_up&name[]=payments_total") as response:
        picked = await response.text()
    assert "database_up 1.0" in picked
    assert 'payments_total{outcome="succeeded"} 1.0' in picked
    assert "backlog" not in picked
    headers = {"Authorization": "Bearer test-operator-token"}
    _, state, _, _ = await shop.request("GET", "/internal/api/system/state", headers=headers)
    assert state["backlog"]["outbox_pending"] == 1
    assert state["acknowledgements"][0]["name"] == "api1"
