"""Subscriptions through the API and two billers: each period is invoiced and charged once, whatever happens."""

import asyncio
from typing import Any

import pytest

from system.gateway import GatewayRequest
from tests.system.billing.conftest import Billing, ago
from tests.system.core.fakes import DECLINED, REFUSED, TIMEOUT

pytestmark = pytest.mark.real

DAY_S = 86_400


def periods(invoices: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(invoice["period"], invoice["status"]) for invoice in invoices]


async def test_each_period_that_has_begun_is_charged_once_and_they_tile_time(billing: Billing) -> None:
    subscription = await billing.subscribe(await billing.plan(), start_at=ago(days=100), zone="Europe/Berlin")
    await billing.bill()
    await billing.bill(billing.other)
    made = await billing.invoices(subscription["id"])
    assert len(made) in (4, 5)
    assert {status for _, status in periods(made)} == {"paid"}
    assert [one["ends_at"] for one in made[:-1]] == [one["starts_at"] for one in made[1:]]
    assert made[0]["starts_at"] == subscription["anchor_at"]
    assert len(billing.gateway.executed) == len(made)
    references = {request.reference for request in billing.gateway.executed.values()}
    assert references == {f"{subscription['id']}/{one['period']}" for one in made}


async def test_two_billers_at_once_charge_each_period_once(billing: Billing) -> None:
    plan = await billing.plan(interval="day")
    for number in range(4):
        await billing.subscribe(plan, f"sub-{number}", start_at=ago(days=4))
    billing.gateway.delay_s = 0.02
    await asyncio.gather(billing.bill(), billing.bill(billing.other), billing.bill(), billing.bill(billing.other))
    assert len(billing.gateway.executed) == 4 * 5
    with billing.database.connect() as connection:
        counted = connection.execute("SELECT count(*), count(DISTINCT (subscription_id, period)) FROM pay.invoices")
        assert counted.fetchone() == (20, 20)


async def test_a_lease_that_ran_out_charges_nothing_twice(billing: Billing) -> None:
    subscription = await billing.subscribe(await billing.plan())
    assert await billing.biller.invoice() == 1
    billing.gateway.passing.clear()
    slow = asyncio.create_task(billing.biller.charge())
    while not billing.gateway.calls:
        await asyncio.sleep(0.01)
    billing.look_again()
    assert await billing.other.charge() == 1
    billing.gateway.passing.set()
    await slow
    billing.look_again()
    await billing.bill(billing.other)
    assert len(billing.gateway.executed) == 1
    assert periods(await billing.invoices(subscription["id"])) == [(0, "paid")]


async def test_an_outage_over_the_billing_hour_delays_and_skips_nothing(billing: Billing) -> None:
    for gateway in billing.shop.gateways.values():
        gateway.script = lambda request: REFUSED
    subscription = await billing.subscribe(await billing.plan(interval="day"), start_at=ago(days=2))
    await billing.bill()
    assert periods(await billing.invoices(subscription["id"])) == [(0, "open"), (1, "open"), (2, "open")]
    await billing.pass_time(2 * DAY_S)
    for gateway in billing.shop.gateways.values():
        gateway.script = lambda request: None
    async with asyncio.timeout(20):
        while any(status == "open" for _, status in periods(await billing.invoices(subscription["id"]))):
            billing.look_again()
            await billing.bill()
            await asyncio.sleep(0.1)
    made = await billing.invoices(subscription["id"])
    assert periods(made) == [(period, "paid") for period in range(5)]
    assert sum(len(gateway.executed) for gateway in billing.shop.gateways.values()) == 5
    assert {one["declines"] for one in made} == {0}


async def test_an_unknown_charge_is_asked_about_and_never_repeated(billing: Billing) -> None:
    billing.gateway.script = lambda request: TIMEOUT
    subscription = await billing.subscribe(await billing.plan())
    await billing.biller.invoice()
    for _ in range(3):
        billing.look_again()
        await billing.biller.charge()
    assert len(billing.gateway.executed) == 1
    assert periods(await billing.invoices(subscription["id"])) == [(0, "open")]
    with billing.database.connect() as connection:
        counted = connection.execute("SELECT count(*) FROM pay.operations").fetchone()
        assert counted == (1,)


async def test_dunning_follows_the_schedule_and_then_ends_the_subscription(billing: Billing) -> None:
    billing.gateway.script = lambda request: DECLINED
    subscription = await billing.subscribe(await billing.plan())
    calls = []
    for at_s in (0, 9_000, 11_000, 19_000, 21_000, 50_000):
        await billing.pass_time(at_s)
        await billing.bill()
        calls.append(len(billing.gateway.calls))
    assert calls == [1, 1, 2, 2, 3, 3]
    assert periods(await billing.invoices(subscription["id"])) == [(0, "uncollectible")]
    shown = (await billing.shop.request("GET", f"/v1/subscriptions/{subscription['id']}"))[1]
    assert (shown["status"], shown["end_reason"]) == ("canceled", "unpaid")
    await billing.pass_time(40 * DAY_S)
    await billing.bill()
    assert len(billing.gateway.calls) == 3


async def test_another_card_pays_what_was_declined(billing: Billing) -> None:
    def poor(request: GatewayRequest) -> Any:
        return DECLINED if request.payment_method == "pm_card_poor" else None

    billing.gateway.script = poor
    subscription = await billing.subscribe(await billing.plan(), payment_method="pm_card_poor")
    await billing.bill()
    behind = await billing.do(subscription["id"], "change", {"payment_method": "pm_card_visa"})
    assert behind["status"] == "past_due"
    await billing.pass_time(11_000)
    await billing.bill()
    (paid,) = await billing.invoices(subscription["id"])
    assert (paid["status"], paid["declines"]) == ("paid", 1)
    assert len(billing.gateway.executed) == 1


async def test_a_trial_costs_nothing_and_ends_where_the_first_period_begins(billing: Billing) -> None:
    subscription = await billing.subscribe(await billing.plan(trial_days=14))
    assert subscription["status"] == "trialing"
    await billing.bill()
    await billing.pass_time(13 * DAY_S)
    await billing.bill()
    assert billing.gateway.calls == []
    await billing.pass_time(15 * DAY_S)
    await billing.bill()
    (first,) = await billing.invoices(subscription["id"])
    assert (first["starts_at"], first["status"]) == (subscription["anchor_at"], "paid")


async def test_pauses_skip_periods_and_resuming_bills_the_next(billing: Billing) -> None:
    subscription = await billing.subscribe(await billing.plan(interval="day"))
    await billing.bill()
    await billing.do(subscription["id"], "pause")
    await billing.pass_time(2 * DAY_S)
    await billing.do(subscription["id"], "resume")
    await billing.pass_time(3 * DAY_S)
    await billing.bill()
    made = await billing.invoices(subscription["id"])
    assert periods(made) == [(0, "paid"), (1, "skipped"), (2, "skipped"), (3, "paid")]
    assert [one["ends_at"] for one in made[:-1]] == [one["starts_at"] for one in made[1:]]


async def test_a_late_biller_bills_what_had_begun_before_it_was_canceled(billing: Billing) -> None:
    subscription = await billing.subscribe(await billing.plan(interval="day"), start_at=ago(days=1))
    ended = await billing.do(subscription["id"], "cancel", {"at": "now"})
    assert ended["status"] == "canceled"
    await billing.pass_time(5 * DAY_S)
    await billing.bill()
    assert periods(await billing.invoices(subscription["id"])) == [(0, "paid"), (1, "paid")]


async def test_an_upgrade_adds_the_difference_for_the_rest_of_the_period(billing: Billing) -> None:
    small, large = await billing.plan("small"), await billing.plan("large", amount_minor=3000)
    subscription = await billing.subscribe(small, start_at=ago(days=10))
    await billing.bill()
    changed = await billing.do(subscription["id"], "change", {"plan": large})
    assert 1200 < changed["pending_minor"] < 1500
    await billing.pass_time(31 * DAY_S)
    await billing.bill()
    first, second = await billing.invoices(subscription["id"])
    assert (first["amount_minor"], second["amount_minor"]) == (1000, 3000 + changed["pending_minor"])


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("plans", {"interval": "hour"}, 400, "parameter_invalid"),
        ("plans", {"interval_count": 0}, 400, "parameter_invalid"),
        ("plans", {"trial_days": True}, 400, "parameter_invalid"),
        ("plans", {"amount_minor": 0}, 400, "amount_out_of_range"),
        ("plans", {"surprise": 1}, 400, "parameter_unknown"),
        ("subscriptions", {"plan": "plan_none"}, 404, "plan_not_found"),
        ("subscriptions", {"zone": "Mars/Olympus"}, 400, "zone_unknown"),
        ("subscriptions", {"start_at": "2026-02-30T00:00:00Z"}, 400, "date_invalid"),
        ("subscriptions", {"start_at": "2026-02-20T00:00:00"}, 400, "zone_missing"),
        ("subscriptions", {"start_at": "1999-01-01T00:00:00Z"}, 400, "start_out_of_range"),
        ("subscriptions", {"payment_method": "4242 4242 4242 4242"}, 400, "card_data_refused"),
    ],
)
async def test_nonsense_is_refused_and_leaves_nothing(
    billing: Billing, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    plan = await billing.plan()
    good = {
        "plans": {"amount_minor": 1000, "currency": "EUR", "interval": "month", "merchant_reference": "p"},
        "subscriptions": {"plan": plan, "payment_method": "pm_card_visa", "merchant_reference": "s"},
    }[path]
    got, answer, _, _ = await billing.shop.request("POST", f"/v1/{path}", body={**good, **body})
    assert (got, answer["error"]["code"], answer["error"]["definite"]) == (status, code, True)
    with billing.database.connect() as connection:
        counted = connection.execute(
            "SELECT (SELECT count(*) FROM pay.plans), (SELECT count(*) FROM pay.subscriptions)"
        )
        assert counted.fetchone() == (1, 0)


async def test_a_reference_that_was_used_is_the_first_one_or_refused(billing: Billing) -> None:
    plan = await billing.plan()
    first = await billing.subscribe(plan)
    body = {"plan": plan, "payment_method": "pm_card_visa", "merchant_reference": "sub-1"}
    status, again, _, _ = await billing.shop.request("POST", "/v1/subscriptions", body=body)
    assert (status, again["id"]) == (200, first["id"])
    status, other, _, _ = await billing.shop.request("POST", "/v1/subscriptions", body={**body, "zone": "Asia/Tokyo"})
    assert (status, other["error"]["code"]) == (422, "subscription_reference_used")
    foreign = await billing.shop.request("GET", f"/v1/subscriptions/{first['id']}", merchant="m_beta")
    assert (foreign[0], foreign[1]["error"]["code"]) == (404, "subscription_not_found")
