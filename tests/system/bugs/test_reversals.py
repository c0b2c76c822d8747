"""The planted bugs that overlook what a gateway takes back; the sound platform is in `test_taken_back`."""

from contextlib import AbstractAsyncContextManager

import pytest

from system.feed import Happened
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop
from tests.system.core.test_disputes import dispute, hear
from tests.system.core.test_taken_back import AT_ONCE, SECRETS, held, refunded, rows, shown, tell
from tests.system.worker.conftest import QUICK

pytestmark = pytest.mark.real


def open_with(database: TestDatabase, bug: str) -> AbstractAsyncContextManager[Shop]:
    return open_shop(database.environment, bug=bug, **QUICK, **AT_ONCE, **SECRETS)


@pytest.mark.parametrize(("bug", "refundable_minor", "reserved_minor"), [("B65", 1499, 500), ("B66", 1499, 500)])
async def test_b65_and_b66_keep_a_failed_refund_from_being_asked_for_again(
    database: TestDatabase, bug: str, refundable_minor: int, reserved_minor: int
) -> None:
    async with open_with(database, bug) as shop:
        payment_id, request = await refunded(shop, 500)
        await tell(shop, "webhook", request, Happened.REFUND_FAILED, 500)
        assert (await shown(shop, payment_id))["refundable_minor"] == refundable_minor
        assert rows(database, "SELECT refund_reserved_minor FROM books.payments") == [(reserved_minor,)]
        assert rows(database, "SELECT status FROM books.refunds") == [("succeeded" if bug == "B65" else "failed",)]
        assert shop.platform.planted.reached >= 1


async def test_b67_leaves_a_lapsed_hold_authorized(database: TestDatabase) -> None:
    async with open_with(database, "B67") as shop:
        payment_id, request = await held(shop)
        await tell(shop, "webhook", request, Happened.VOID)
        assert (await shown(shop, payment_id))["status"] == "authorized"
        assert shop.platform.planted.reached >= 1


async def test_b68_refunds_a_disputed_payment(database: TestDatabase) -> None:
    async with open_with(database, "B68") as shop:
        _, payment, _, _ = await shop.create("k1")
        await hear(shop, "webhook", dispute(shop))
        body = {"amount_minor": 500, "merchant_reference": "r-1"}
        status, _, _, _ = await shop.request("POST", f"/v1/payments/{payment['id']}/refunds", key="k2", body=body)
        assert (status, (await shown(shop, str(payment["id"])))["disputed_minor"]) == (201, 1999)
        assert shop.platform.planted.reached == 1
