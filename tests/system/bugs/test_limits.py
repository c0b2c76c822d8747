"""Planted bugs about limits and references of payments: the same requests, sound and planted."""

import asyncio
from typing import Any

import pytest

from system.gateway import Advice, GatewayReply, GatewayRequest, Kind, Knowledge, Phase
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, eventually, open_shop

pytestmark = pytest.mark.real

TOO_LATE = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.ANSWERED, 400, "moved_on")


async def authorized(shop: Shop) -> str:
    status, payment, _, _ = await shop.create("k1", capture="manual")
    assert status == 201
    return str(payment["id"])


async def change(shop: Shop, payment_id: str, what: str, key: str, amount_minor: int | None = None) -> tuple[int, str]:
    body: dict[str, Any] = {"merchant_reference": key}
    if amount_minor is not None:
        body["amount_minor"] = amount_minor
    status, answer, _, _ = await shop.request("POST", f"/v1/payments/{payment_id}/{what}", key=key, body=body)
    return status, answer["error"]["code"] if "error" in answer else answer["status"]


def executed(shop: Shop, kind: str) -> list[int]:
    return [call.amount_minor for call in shop.gateways["stripe"].executed.values() if call.kind == kind]


@pytest.mark.parametrize("bug", ["", "B105"])
async def test_a_capture_above_the_authorisation(database: TestDatabase, bug: str) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        payment_id = await authorized(shop)
        answer = await change(shop, payment_id, "capture", "c1", 2_500)
        assert answer == ((200, "captured") if bug else (422, "capture_exceeds_authorized"))
        assert executed(shop, "capture") == ([2_500] if bug else [])
        assert shop.platform.planted.reached == (1 if bug else 0)


@pytest.mark.parametrize("bug", ["", "B106"])
async def test_a_second_capture_above_the_rest(database: TestDatabase, bug: str) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        payment_id = await authorized(shop)
        assert await change(shop, payment_id, "capture", "c1", 1_000) == (200, "partially_captured")
        status, _ = await change(shop, payment_id, "capture", "c2", 1_500)
        assert status == (200 if bug else 422)
        assert executed(shop, "capture") == ([1_000, 1_500] if bug else [1_000])
        assert shop.platform.planted.reached == (1 if bug else 0)


@pytest.mark.parametrize("bug", ["", "B107"])
async def test_a_void_beside_a_capture(database: TestDatabase, bug: str) -> None:
    def refuses_voids(request: GatewayRequest) -> GatewayReply | None:
        return TOO_LATE if request.kind is Kind.VOID else None

    async with open_shop(database.environment, bug=bug) as shop:
        payment_id, gateway = await authorized(shop), shop.gateways["stripe"]
        gateway.script = refuses_voids
        gateway.passing.clear()
        capture = asyncio.create_task(change(shop, payment_id, "capture", "c1", 1_999))
        await eventually(lambda: gateway.calls[-1].kind is Kind.CAPTURE)
        void = asyncio.create_task(change(shop, payment_id, "void", "v1"))
        await eventually(lambda: void.done() or gateway.calls[-1].kind is Kind.VOID)
        gateway.passing.set()
        status, told = await void
        assert (await capture)[0] == 200
        assert executed(shop, "capture") == [1_999]
        assert executed(shop, "void") == []
        assert (status, told) == (200, "canceled") if bug else (422, "operation_in_progress")
        assert shop.platform.planted.reached == (1 if bug else 0)


@pytest.mark.parametrize(("bug", "told"), [("", (200, "captured")), ("B108", (422, "capture_exceeds_authorized"))])
async def test_a_capture_of_everything(database: TestDatabase, bug: str, told: tuple[int, str]) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        payment_id = await authorized(shop)
        assert await change(shop, payment_id, "capture", "c1", 1_999) == told
        assert shop.platform.planted.reached == (1 if bug else 0)


@pytest.mark.parametrize(("bug", "told"), [("", (200, "partially_captured")), ("B109", (422, "operation_in_progress"))])
async def test_a_capture_after_a_refused_one(database: TestDatabase, bug: str, told: tuple[int, str]) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        payment_id = await authorized(shop)
        assert await change(shop, payment_id, "capture", "c1", 2_500) == (422, "capture_exceeds_authorized")
        assert await change(shop, payment_id, "capture", "c2", 1_000) == told
        assert shop.platform.planted.reached == (1 if bug else 0)


@pytest.mark.parametrize(("bug", "second"), [("", 201), ("B112", 422), ("B113", 201)])
async def test_a_second_payment_under_one_reference(database: TestDatabase, bug: str, second: int) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        _, first, _, _ = await shop.create("k1", merchant_reference="order-7")
        status, payment, _, headers = await shop.create("k2", merchant_reference="order-7")
        _, again, _, _ = await shop.create("k1", merchant_reference="order-7")
        assert status == second
        assert again["id"] == first["id"], "a retry under its own key is what it was"
        assert (payment.get("id") == first["id"], "idempotent-replayed" in headers) == ((bug == "B113",) * 2)
        assert len(executed(shop, "sale")) == (1 if bug else 2)
        assert shop.platform.planted.reached == (1 if bug else 0)


@pytest.mark.parametrize("bug", ["", "B110"])
async def test_a_refund_above_the_captured_part(database: TestDatabase, bug: str) -> None:
    async with open_shop(database.environment, bug=bug) as shop:
        payment_id = await authorized(shop)
        assert await change(shop, payment_id, "capture", "c1", 1_000) == (200, "partially_captured")
        answer = await change(shop, payment_id, "refunds", "r1", 1_999)
        assert answer == ((201, "succeeded") if bug else (422, "refund_exceeds_captured"))
        assert executed(shop, "refund") == ([1_999] if bug else [])
        assert shop.platform.planted.reached == (1 if bug else 0)
