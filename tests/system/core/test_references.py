"""One reference under several keys, at a merchant whose references are unique and at one whose are not."""

import asyncio

import pytest

from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop

pytestmark = pytest.mark.real

SALE = {"amount_minor": 1_000, "currency": "EUR", "payment_method": "pm_card_visa", "merchant_reference": "order-1"}


@pytest.fixture
def unique(database: TestDatabase) -> None:
    policy(database, "unique")


def policy(database: TestDatabase, name: str) -> None:
    with database.connect() as connection:
        connection.execute("UPDATE pay.merchants SET reference_policy = %s WHERE merchant_id = 'm_alpha'", (name,))


@pytest.fixture(autouse=True)
def allowed_again(database: TestDatabase):
    yield
    policy(database, "allowed")


async def pay(shop: Shop, key: str, **changed: object) -> tuple[int, dict]:
    status, answer, _, _ = await shop.request("POST", "/v1/payments", key=key, body={**SALE, **changed})
    return status, answer


async def test_where_it_is_allowed_one_reference_pays_as_often_as_it_is_asked(shop: Shop) -> None:
    assert [(await pay(shop, key))[0] for key in ("k1", "k2")] == [201, 201]
    assert len(shop.gateways["stripe"].calls) == 2


async def test_a_second_payment_is_refused_and_the_first_is_named(shop: Shop, unique: None) -> None:
    _, first = await pay(shop, "k1")
    status, second = await pay(shop, "k2")
    assert (status, second["error"]["code"], second["error"]["param"]) == (
        422, "merchant_reference_used", "merchant_reference",
    )  # fmt: skip
    assert second["error"]["existing"] == {"id": first["id"], "object": "payment"}
    assert first["id"] in second["error"]["message"]
    assert len(shop.gateways["stripe"].calls) == 1
    assert (await pay(shop, "k1"))[0] == 201
    assert (await pay(shop, "k2", merchant_reference="order-2"))[0] == 201


async def test_of_several_at_once_one_is_made(shop: Shop, unique: None) -> None:
    told = await asyncio.gather(*(pay(shop, f"k{number}") for number in range(8)))
    assert sorted(status for status, _ in told) == [201] + [422] * 7
    assert len(shop.gateways["stripe"].calls) == 1


@pytest.mark.parametrize("bug", ["", "B77"])
async def test_b77_takes_both_that_come_at_once(database: TestDatabase, bug: str) -> None:
    database.empty()
    policy(database, "unique")
    async with open_shop(database.environment, bug=bug) as shop:
        told = await asyncio.gather(*(pay(shop, f"k{number}") for number in range(4)))
        assert (await pay(shop, "later"))[0] == 422
    made = sum(status == 201 for status, _ in told)
    assert made > 1 if bug else made == 1


async def test_a_payment_that_failed_stands_in_nobodys_way(shop: Shop, unique: None) -> None:
    from tests.system.reconciliation.test_reconciler import DECLINED

    shop.gateways["stripe"].script = lambda request: DECLINED
    assert (await pay(shop, "k1"))[0] == 402
    shop.gateways["stripe"].script = lambda request: None
    assert (await pay(shop, "k2"))[0] == 201


async def test_a_second_refund_is_refused_and_the_first_is_named(shop: Shop, unique: None) -> None:
    _, sale = await pay(shop, "k1")
    body = {"amount_minor": 300, "merchant_reference": "back-1"}
    path = f"/v1/payments/{sale['id']}/refunds"
    told = await asyncio.gather(*(shop.request("POST", path, key=f"r{n}", body=body) for n in range(4)))
    assert sorted(item[0] for item in told) == [201, 422, 422, 422]
    made = next(item[1] for item in told if item[0] == 201)
    refused = [item[1]["error"] for item in told if item[0] == 422]
    assert {error["code"] for error in refused} == {"merchant_reference_used"}
    assert {error["existing"]["id"] for error in refused} == {made["id"]}
    status, payment, _, _ = await shop.request("GET", f"/v1/payments/{sale['id']}")
    assert (status, payment["refunded_minor"], payment["refundable_minor"]) == (200, 300, 700)
