"""The runbook's endpoints: what they show, what they refuse, and the one row that each leaves."""

import time
from typing import Any

import pytest

from system.attempts.recording import message_of
from system.gateway import Lookup, LookupStatus
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import DECLINED, TIMEOUT, FakeGateway, Shop

pytestmark = pytest.mark.real

TWO = {"reason": "customer called about it", "requestedBy": "ann", "approvedBy": "bob"}
READS = (
    "payment/find-stuck-transactions",
    "payment/list-failed-refunds",
    "system/db-pool-stats",
    "system/long-transactions",
    "system/locks",
    "payment/query-failed-transactions",
    "payment/payment-method-success-rates",
    "payment/gateway-health-check",
    "payment/gateway-latency-check",
)


async def ask(shop: Shop, path: str, token: str = "test-operator-token") -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    return (await shop.request("GET", f"/internal/api/{path}", headers=headers))[:2]


def rows(database: TestDatabase, sql: str) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(sql).fetchall()


def stick(shop: Shop) -> None:
    shop.gateways["stripe"].script = lambda request: TIMEOUT


async def stuck(shop: Shop) -> str:
    """Return the id of a payment that the gateway executed and nobody here heard of."""
    stick(shop)
    _, payment, _, _ = await shop.create("k1")
    return str(payment["id"])


@pytest.mark.parametrize("path", READS)
async def test_every_reading_is_for_operators_and_leaves_one_row(shop: Shop, database: TestDatabase, path: str) -> None:
    assert (await ask(shop, path))[0] == 200
    assert (await ask(shop, path, token="guessed"))[0] == 401
    assert (await ask(shop, f"{path}?surprise=1"))[0] == 400
    assert rows(database, "SELECT actor, outcome FROM books.audit ORDER BY audit.at_us") == [
        ("operator", "done"), ("unknown", "refused"), ("operator", "refused"),
    ]  # fmt: skip
    assert rows(database, "SELECT count(DISTINCT request_id) FROM books.audit") == [(3,)]


async def test_what_failed_is_counted_by_what_it_has_in_common(shop: Shop) -> None:
    shop.gateways["stripe"].script = lambda request: DECLINED
    await shop.create("k1")
    await shop.create("k2")
    _, failed = await ask(shop, "payment/query-failed-transactions?last_h=1")
    (pattern,) = failed["patterns"]
    assert (pattern["count"], pattern["state"], pattern["gateway"]) == (2, "declined", "stripe")
    assert len(failed["transactions"]) == 2
    _, rates = await ask(shop, "payment/payment-method-success-rates")
    (method,) = rates["methods"]
    assert (method["tried"], method["declined"], method["success_percent"]) == (2, 2, 0.0)


async def test_a_month_of_the_audit_is_counted_and_listed(shop: Shop) -> None:
    await ask(shop, "system/locks")
    month = time.strftime("%Y-%m", time.gmtime())
    _, report = await ask(shop, f"payment/generate-pci-audit-report?month={month}")
    (counted,) = report["actions"]
    assert (counted["action"], counted["actor"], counted["outcome"], counted["count"]) == (
        "locks",
        "operator",
        "done",
        1,
    )
    assert [row["action"] for row in report["rows"]] == ["locks"]
    assert (await ask(shop, "payment/generate-pci-audit-report?month=2020-12"))[1]["rows"] == []
    for wrong in ("", "?month=2026-13", "?month=2026-5", "?month=May"):
        assert (await ask(shop, f"payment/generate-pci-audit-report{wrong}"))[0] == 400


async def test_gateways_are_asked_and_timed(shop: Shop) -> None:
    await shop.create("k1")
    _, health = await ask(shop, "payment/gateway-health-check?gateway=stripe")
    (stripe,) = health["gateways"]
    assert (stripe["answer"], stripe["keys"], stripe["primary"]) == ("yes", "taken", True)
    assert stripe["breakers"] == {"charge": "closed", "modify": "closed"}
    assert (await ask(shop, "payment/gateway-health-check?gateway=nobody"))[0] == 400
    _, times = await ask(shop, "payment/gateway-latency-check?last_min=5")
    assert [(row["gateway"], row["kind"], row["calls"]) for row in times["calls"]] == [("stripe", "sale", 1)]


async def test_stuck_transactions_are_found_by_age(shop: Shop) -> None:
    payment = await stuck(shop)
    _, found = await ask(shop, "payment/find-stuck-transactions?older_than_s=0")
    assert [(row["payment_id"], row["state"], row["gateway"]) for row in found["transactions"]] == [
        (payment, "unknown", "stripe")
    ]
    assert (await ask(shop, "payment/find-stuck-transactions?older_than_s=60"))[1]["transactions"] == []
    assert (await ask(shop, "payment/find-stuck-transactions?older_than_s=soon"))[0] == 400


async def test_the_gateway_is_asked_about_a_transaction_and_nothing_changes(shop: Shop, database: TestDatabase) -> None:
    payment = await stuck(shop)
    status, found = await ask(shop, f"payment/check-gateway-transaction?transaction_id={payment}")
    assert (status, found["attempts"][0]["theirs"]["verdict"]) == (200, "executed")
    assert rows(database, "SELECT state FROM books.attempts") == [("unknown",)]
    status, refused = await ask(shop, "payment/check-gateway-transaction?transaction_id=pay_nothing")
    assert (status, refused["error"]["code"]) == (404, "transaction_not_found")


async def test_a_stuck_transaction_is_completed_as_the_gateway_proves(shop: Shop, database: TestDatabase) -> None:
    payment = await stuck(shop)
    order = {"transactionId": payment, "status": "completed", **TWO}
    status, answer, _, _ = await shop.operate("payment/resolve-stuck-transaction", order)
    assert (status, answer["state"], answer["evidence"]) == (200, "succeeded", "lookup")
    assert rows(database, "SELECT status FROM books.payments") == [("captured",)]
    [(detail,)] = rows(database, "SELECT detail FROM books.audit WHERE action = 'resolve_stuck_transaction'")
    assert "ann, approved by bob" in detail
    status, answer, _, _ = await shop.operate("payment/resolve-stuck-transaction", order)
    assert (status, answer["error"]["code"]) == (409, "transaction_not_stuck")


async def test_money_is_never_wished_away_or_invented(
    shop: Shop, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await stuck(shop)
    status, answer, _, _ = await shop.operate(
        "payment/resolve-stuck-transaction", {"transactionId": payment, "status": "failed", **TWO}
    )
    assert (status, answer["error"]["code"]) == (409, "gateway_contradicts")

    async def miss(self: FakeGateway, request: object) -> Lookup:
        return Lookup(LookupStatus.MISS)

    monkeypatch.setattr(FakeGateway, "lookup", miss)
    for wanted, code in (("completed", "no_evidence"), ("failed", "not_proven")):
        status, answer, _, _ = await shop.operate(
            "payment/resolve-stuck-transaction", {"transactionId": payment, "status": wanted, **TWO}
        )
        assert (status, answer["error"]["code"]) == (409, code)
    assert rows(database, "SELECT state FROM books.attempts") == [("unknown",)]
    shop.gateways["stripe"].executed.clear()
    status, answer, _, _ = await shop.operate(
        "payment/resolve-stuck-transaction", {"transactionId": payment, "status": "failed", **TWO}
    )
    assert (status, answer["state"], answer["evidence"]) == (200, "not_executed", "cancel")
    assert rows(database, "SELECT count(*) FROM books.audit WHERE action = 'resolve_stuck_transaction'") == [(4,)]


async def test_with_an_open_breaker_nothing_is_closed_and_the_row_says_who_asked_for_what(
    shop: Shop, database: TestDatabase
) -> None:
    payment = await stuck(shop)
    with database.connect() as connection:
        connection.execute("UPDATE pay.breakers SET state = 'open', opened_at_us = 9e15, version = version + 1")
    async with shop.platform.database.connection() as own:
        await shop.platform.breakers.refresh(own)
    order = {"transactionId": payment, "status": "failed", **TWO}
    status, answer, _, _ = await shop.operate("payment/resolve-stuck-transaction", order)
    assert (status, answer["error"]["code"]) == (503, "gateway_unavailable")
    assert answer["error"]["message"] == "The breaker of stripe is open. Nothing was changed."
    [(object, outcome, detail)] = rows(database, "SELECT object, outcome, detail FROM books.audit")
    assert (object, outcome) == (payment, "refused")
    assert detail == "gateway_unavailable; ann, approved by bob: customer called about it"
    assert rows(database, "SELECT state FROM books.attempts") == [("unknown",)]


async def test_a_refund_that_no_gateway_takes_does_not_speak_of_charges(shop: Shop, database: TestDatabase) -> None:
    _, payment, _, _ = await shop.create("k1")
    with database.connect() as connection:
        connection.execute("UPDATE pay.breakers SET state = 'open', opened_at_us = 9e15, version = version + 1")
    async with shop.platform.database.connection() as own:
        await shop.platform.breakers.refresh(own)
    status, answer, _, _ = await shop.refund(payment["id"], "r1", amount_minor=5)
    assert (status, answer["error"]["code"]) == (503, "gateways_unavailable")
    assert "charged" not in answer["error"]["message"]
    assert "charged" not in (message_of("not_executed", "undispatched") or "")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": "because"}, "reason_too_short"),
        ({"approvedBy": "Ann"}, "approval_missing"),
        ({"approvedBy": None}, "parameter_missing"),
        ({"status": "refunded"}, "parameter_invalid"),
        ({"transactionId": None}, "parameter_missing"),
    ],
)
async def test_it_takes_two_people_and_a_reason(shop: Shop, change: dict[str, Any], code: str) -> None:
    order = {"transactionId": "pay_1", "status": "failed", **TWO, **change}
    given = {name: value for name, value in order.items() if value is not None}
    status, answer, _, _ = await shop.operate("payment/resolve-stuck-transaction", given)
    assert (status, answer["error"]["code"]) == (400, code)


async def test_failed_refunds_are_listed(shop: Shop) -> None:
    _, payment, _, _ = await shop.create("k1")
    shop.gateways["stripe"].script = lambda request: DECLINED
    await shop.refund(payment["id"], "r1", amount_minor=500)
    _, found = await ask(shop, "payment/list-failed-refunds?last_h=1")
    assert [(row["payment_id"], row["amount_minor"], row["code"]) for row in found["refunds"]] == [
        (payment["id"], 500, "card_declined")
    ]


async def test_a_long_transaction_and_its_locks_are_shown(shop: Shop, database: TestDatabase) -> None:
    with database.connect() as other, other.transaction():
        other.execute("LOCK TABLE pay.refunds IN SHARE MODE")
        _, long = await ask(shop, "system/long-transactions")
        _, held = await ask(shop, "system/locks")
        pid = other.info.backend_pid
    assert pid in [row["pid"] for row in long["transactions"]]
    assert ("pay.refunds", "ShareLock", pid, True) in [
        (row["relation"], row["mode"], row["pid"], row["granted"]) for row in held["locks"]
    ]


async def test_the_pool_tells_its_size(shop: Shop) -> None:
    _, stats = await ask(shop, "system/db-pool-stats")
    assert stats["pool"]["pool_max"] == shop.platform.settings.database_pool
    assert sum(row["connections"] for row in stats["sessions"]) >= 1
