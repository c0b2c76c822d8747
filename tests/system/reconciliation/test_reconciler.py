"""Reconciliation against a real database, with gateways in memory."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from system.gateway import Advice, GatewayReply, Knowledge, Phase
from system.reconciliation.reconciler import Reconciler, Result, Wish
from system.reconciliation.repairing import Asker
from system.worker.resolver import Resolver
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import DECLINED, TIMEOUT, Shop, open_shop
from tests.system.worker.conftest import QUICK

pytestmark = pytest.mark.real

AT_ONCE = {"reconcile_lag_s": 0.0, "gateway_timeout_s": 0.01, "gateway_connect_timeout_s": 0.01}
RETRYABLE = GatewayReply(Knowledge.DEFINITE_NO, Advice.FALLBACK_OK, Phase.ANSWERED, 402, "processing_error")


@pytest.fixture
async def shop(database: TestDatabase) -> AsyncIterator[Shop]:
    async with open_shop(database.environment, **QUICK, **AT_ONCE) as running:
        yield running


async def reconcile(shop: Shop, gateway: str = "stripe", *, dry_run: bool = False) -> Result:
    now_us = time.time_ns() // 1000 + 1
    wish = Wish(gateway, now_us - 60_000_000, now_us, dry_run)
    return await Reconciler(shop.platform).run(wish, Asker("tester", "test"))


def rows(database: TestDatabase, sql: str) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


def set_state(database: TestDatabase, state: str) -> None:
    with database.connect() as connection:
        connection.execute("UPDATE pay.gateway_attempts SET state = %s WHERE state = 'unknown'", (state,))
        connection.execute("UPDATE pay.operations SET state = %s WHERE state = 'unknown'", (state,))


AUDIT = "SELECT action, object, outcome FROM books.audit ORDER BY 1, 2"


async def lost(shop: Shop, database: TestDatabase, state: str = "manual") -> None:
    """A sale that the gateway executed and nobody here heard of."""
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    await shop.create("k1")
    shop.gateways["stripe"].script = lambda request: None
    set_state(database, state)


async def test_a_success_in_the_manual_queue_is_adopted_with_its_journal_and_one_audit_row(
    shop: Shop, database: TestDatabase
) -> None:
    await lost(shop, database)
    result = await reconcile(shop)
    assert [(item.item.kind, item.state) for item in result.breaks] == [("missing_here", "repaired")]
    assert rows(database, "SELECT state, evidence FROM books.attempts") == [("succeeded", "feed")]
    assert rows(database, "SELECT status, captured_minor FROM books.payments") == [("captured", 1999)]
    assert rows(database, "SELECT sum(amount_minor), count(*) FROM books.postings") == [(0, 2)]
    [(action, about, outcome)] = rows(database, AUDIT)
    assert (action, outcome) == ("reconcile_recorded", "repaired")
    assert about == rows(database, "SELECT break_id FROM books.reconciliation_breaks")[0][0]


async def test_reconciling_again_finds_nothing_and_changes_nothing(shop: Shop, database: TestDatabase) -> None:
    await lost(shop, database)
    await reconcile(shop)
    before = [rows(database, f"SELECT * FROM books.{name}") for name in ("attempts", "postings", "audit", "payments")]
    again = await reconcile(shop)
    assert (again.breaks, again.run.repairs, again.run.breaks_new) == ((), 0, 0)
    after = [rows(database, f"SELECT * FROM books.{name}") for name in ("attempts", "postings", "audit", "payments")]
    assert before == after


async def test_a_dry_run_tells_and_changes_nothing(shop: Shop, database: TestDatabase) -> None:
    await lost(shop, database)
    result = await reconcile(shop, dry_run=True)
    assert [(item.item.kind, item.repair.action, item.state) for item in result.breaks] == [
        ("missing_here", "record", "planned")
    ]
    assert rows(database, "SELECT state FROM books.attempts") == [("manual",)]
    assert rows(database, "SELECT count(*) FROM books.reconciliation_breaks") == [(0,)]
    assert rows(database, "SELECT dry_run FROM books.reconciliation_runs") == [(True,)]


async def test_a_second_charge_beside_a_fallback_is_given_back(shop: Shop, database: TestDatabase) -> None:
    stripe, paypal = shop.gateways["stripe"], shop.gateways["paypal"]
    stripe.script = lambda request: RETRYABLE
    status, payment, _, _ = await shop.create("k1")
    assert (status, payment["gateway"]) == (201, "paypal")
    stripe.executed = {call.gateway_key: call for call in stripe.calls}
    stripe.script = lambda request: None
    result = await reconcile(shop)
    assert [(item.item.kind, item.state) for item in result.breaks] == [("charged_twice", "repaired")]
    while await Resolver(shop.platform).run_once():
        pass
    assert (await reconcile(shop)).breaks == ()
    assert rows(database, "SELECT gateway, state FROM books.attempts ORDER BY gateway, seq, state") == [
        ("paypal", "succeeded"), ("stripe", "reversed"), ("stripe", "succeeded"),
    ]  # fmt: skip
    assert [str(call.kind) for call in stripe.calls] == ["sale", "refund"]
    assert rows(database, "SELECT sum(amount_minor) FROM books.postings WHERE account LIKE 'gateway:stripe%'") == [(0,)]
    assert len(paypal.executed) == 1


async def test_a_charge_made_twice_under_one_attempt_is_given_back_with_a_journal_of_its_own(
    shop: Shop, database: TestDatabase
) -> None:
    await shop.create("k1")
    stripe = shop.gateways["stripe"]
    [(key, request)] = stripe.executed.items()
    stripe.executed["forgotten"] = request
    assert key != "forgotten"
    result = await reconcile(shop)
    assert [(item.item.kind, item.state) for item in result.breaks] == [("charged_twice", "repaired")]
    while await Resolver(shop.platform).run_once():
        pass
    again = await reconcile(shop)
    assert (again.run.breaks_new, again.run.repairs) == (0, 0)
    assert rows(database, "SELECT kind, state FROM books.operations ORDER BY kind") == [
        ("reversal", "succeeded"), ("sale", "succeeded"),
    ]  # fmt: skip
    causes = [row[0].split(":")[0] for row in rows(database, "SELECT DISTINCT cause FROM books.postings ORDER BY 1")]
    assert causes == ["capture", "refund", "second"]
    assert rows(database, "SELECT status FROM books.payments") == [("captured",)]


async def absent(shop: Shop, database: TestDatabase) -> None:
    """A sale in the manual queue that the feed does not show, and would by now."""
    await lost(shop, database)
    with database.connect() as connection:
        # Its table takes no update, so that a second passes at once only without its triggers.
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE pay.attempt_transitions SET at_us = at_us - 1000000")
    stripe = shop.gateways["stripe"]
    stripe.hidden = {line.line_id for line in stripe.lines()}


async def test_an_absent_attempt_in_the_manual_queue_is_closed_when_its_key_is_canceled(
    shop: Shop, database: TestDatabase
) -> None:
    await absent(shop, database)
    shop.gateways["stripe"].executed.clear()
    assert (await reconcile(shop)).run.repairs == 1
    assert rows(database, "SELECT state, evidence FROM books.attempts") == [("not_executed", "cancel")]
    assert rows(database, "SELECT status FROM books.payments") == [("failed",)]
    assert len(shop.gateways["stripe"].canceled) == 1


@pytest.mark.parametrize(("reply", "state"), [(None, "succeeded"), (DECLINED, "declined")])
async def test_one_whose_key_was_used_is_what_that_key_replays(
    shop: Shop, database: TestDatabase, reply: GatewayReply | None, state: str
) -> None:
    await absent(shop, database)
    shop.gateways["stripe"].script = lambda request: reply
    assert (await reconcile(shop)).run.repairs == 1
    assert rows(database, "SELECT state, evidence FROM books.attempts") == [(state, "resend")]
    assert len(shop.gateways["stripe"].executed) == 1


async def test_one_of_which_nothing_is_proven_stays_with_people(shop: Shop, database: TestDatabase) -> None:
    await absent(shop, database)
    shop.gateways["stripe"].script = lambda request: TIMEOUT
    result = await reconcile(shop)
    assert [(item.item.kind, item.state) for item in result.breaks] == [("in_flight", "manual")]
    assert rows(database, "SELECT state FROM books.attempts") == [("manual",)]
    again = await reconcile(shop)
    assert (again.run.breaks_new, again.run.repairs) == (0, 0)
    assert rows(database, "SELECT count(*) FROM books.audit") == [(1,)]


async def test_absence_is_not_acted_on_before_lag_and_timeout(database: TestDatabase) -> None:
    async with open_shop(database.environment, **QUICK, reconcile_lag_s=60.0) as shop:
        await lost(shop, database)
        shop.gateways["stripe"].executed.clear()
        result = await reconcile(shop)
        assert [(item.item.kind, item.state) for item in result.breaks] == [("in_flight", "waiting")]
        assert shop.gateways["stripe"].canceled == []


async def test_a_row_missing_there_goes_to_people_and_is_resolved_when_it_turns_up(
    shop: Shop, database: TestDatabase
) -> None:
    await shop.create("k1")
    stripe = shop.gateways["stripe"]
    stripe.hidden = {line.line_id for line in stripe.lines()}
    time.sleep(0.05)
    assert [(item.item.kind, item.state) for item in (await reconcile(shop)).breaks] == [("missing_there", "manual")]
    assert rows(database, "SELECT status FROM books.payments") == [("captured",)]
    stripe.hidden.clear()
    assert (await reconcile(shop)).breaks == ()
    assert rows(database, "SELECT state FROM books.reconciliation_breaks") == [("resolved",)]


async def test_a_feed_that_cannot_be_read_to_its_end_proves_nothing(shop: Shop, database: TestDatabase) -> None:
    await lost(shop, database)
    shop.gateways["stripe"].feed_trouble = TIMEOUT
    result = await reconcile(shop)
    assert (result.run.state, result.run.trouble, result.breaks) == ("failed", "timeout", ())
    assert rows(database, "SELECT state FROM books.attempts") == [("manual",)]


async def test_a_decline_is_left_alone(shop: Shop, database: TestDatabase) -> None:
    shop.gateways["stripe"].script = lambda request: DECLINED
    await shop.create("k1")
    assert (await reconcile(shop)).breaks == ()
    assert rows(database, "SELECT status FROM books.payments") == [("failed",)]


async def test_the_operators_endpoint_answers_with_the_breaks_and_leaves_one_row(
    shop: Shop, database: TestDatabase
) -> None:
    await lost(shop, database)
    body = {"gateway": "stripe", "from": "2020-01-01"}
    status, answer, _, headers = await shop.operate("payment/reconcile-payments", body)
    assert (status, answer["repairs"], answer["breaks"][0]["kind"]) == (200, 1, "missing_here")
    [row] = rows(database, "SELECT actor, object, outcome, origin, request_id FROM books.audit WHERE actor = 'operator'"
                 " AND action = 'reconcile_payments'")  # fmt: skip
    assert row == ("operator", answer["run_id"], "done", "127.0.0.1", headers["x-correlation-id"])


async def test_a_day_before_the_platform_existed_counts_that_day(shop: Shop) -> None:
    await shop.create("k1")
    body = {"gateway": "stripe", "date": "2020-01-01"}
    status, answer, _, _ = await shop.operate("payment/reconcile-payments", body)
    assert (status, answer["feed_lines"], answer["attempts_compared"], answer["breaks"]) == (200, 0, 0, [])
    assert (answer["from"], answer["to"]) == ("2020-01-01T00:00:00.000000Z", "2020-01-02T00:00:00.000000Z")


async def test_times_of_day_say_their_zone(shop: Shop) -> None:
    await shop.create("k1")
    body = {"gateway": "stripe", "from": "2020-01-01T01:00:00+02:00", "to": "2020-01-01T00:00:00Z"}
    status, answer, _, _ = await shop.operate("payment/reconcile-payments", body)
    assert (status, answer["from"]) == (200, "2019-12-31T23:00:00.000000Z")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"gateway": "adyen", "from": "2020-01-01"}, "gateway_unknown"),
        ({"gateway": "stripe"}, "parameter_missing"),
        ({"gateway": "stripe", "from": "yesterday"}, "date_invalid"),
        ({"gateway": "stripe", "from": "2020-01-01T09:00:00"}, "zone_missing"),
        ({"gateway": "stripe", "from": "2020-01-01", "to": "2020-01-01 09:00"}, "zone_missing"),
        ({"gateway": "stripe", "date": "2020-01-01T00:00:00Z"}, "date_invalid"),
        ({"gateway": "stripe", "date": "2020-01-01", "from": "2020-01-01"}, "range_ambiguous"),
        ({"gateway": "stripe", "from": "2020-01-02", "to": "2020-01-01"}, "range_empty"),
        ({"gateway": "stripe", "from": "2020-01-01", "dryRun": "yes"}, "parameter_invalid"),
        ({"gateway": "stripe", "from": "2020-01-01", "force": True}, "parameter_unknown"),
    ],
)
async def test_nonsense_is_refused_typed_and_audited_once(
    shop: Shop, database: TestDatabase, body: dict[str, Any], code: str
) -> None:
    status, answer, _, _ = await shop.operate("payment/reconcile-payments", body)
    assert (status, answer["error"]["code"]) == (400, code)
    assert rows(database, "SELECT action, outcome, detail FROM books.audit") == [
        ("reconcile_payments", "refused", code)
    ]
    assert rows(database, "SELECT count(*) FROM books.reconciliation_runs") == [(0,)]


async def test_b58_books_the_second_charge_and_gives_nothing_back(database: TestDatabase) -> None:
    for bug in ("", "B58"):
        database.empty()
        async with open_shop(database.environment, **QUICK, **AT_ONCE, bug=bug) as shop:
            stripe = shop.gateways["stripe"]
            stripe.script = lambda request: RETRYABLE
            await shop.create("k1")
            stripe.executed = {call.gateway_key: call for call in stripe.calls}
            stripe.script = lambda request: None
            await reconcile(shop)
            while await Resolver(shop.platform).run_once():
                pass
            refunds = [call for call in stripe.calls if call.kind == "refund"]
            assert (len(refunds), bool(shop.platform.planted.reached)) == ((0, True) if bug else (1, False))
        booked = "SELECT count(DISTINCT cause) FROM books.postings"
        assert rows(database, booked) == [(2 if bug else 3,)]
