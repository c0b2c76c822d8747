"""A replica of the API and two billers with gateways in memory, on the throw-away database."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from system.billing.biller import Biller
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import FakeGateway, Shop, open_shop

DUNNING = "10000,20000"


@dataclass
class Billing:
    """A replica, and a biller beside it in a platform of its own with the same gateways."""

    shop: Shop
    biller: Biller
    other: Biller
    database: TestDatabase

    @property
    def gateway(self) -> FakeGateway:
        return self.shop.gateways["stripe"]

    async def plan(self, reference: str = "plan-1", **fields: Any) -> str:
        body = {"amount_minor": 1000, "currency": "EUR", "interval": "month", "merchant_reference": reference, **fields}
        status, answer, _, _ = await self.shop.request("POST", "/v1/plans", body=body)
        assert status == 201, answer
        return str(answer["id"])

    async def subscribe(self, plan: str, reference: str = "sub-1", **fields: Any) -> dict[str, Any]:
        body = {"plan": plan, "payment_method": "pm_card_visa", "merchant_reference": reference, **fields}
        status, answer, _, _ = await self.shop.request("POST", "/v1/subscriptions", body=body)
        assert status == 201, answer
        return answer

    async def do(self, subscription: str, what: str, body: Any = None) -> dict[str, Any]:
        status, answer, _, _ = await self.shop.request("POST", f"/v1/subscriptions/{subscription}/{what}", body=body)
        assert status == 200, answer
        return answer

    async def invoices(self, subscription: str) -> list[dict[str, Any]]:
        """Return the invoices, the oldest first."""
        status, answer, _, _ = await self.shop.request("GET", f"/v1/subscriptions/{subscription}/invoices?limit=100")
        assert status == 200, answer
        return list(reversed(answer["data"]))

    async def bill(self, biller: Biller | None = None) -> None:
        """Let one biller do all that is due now."""
        working = biller or self.biller
        while await working.invoice():
            pass
        while await working.charge():
            pass

    async def pass_time(self, seconds: int) -> None:
        """Let the application's time be so far ahead."""
        status, answer, _, _ = await self.shop.operate("system/application-clock", {"offset_s": seconds})
        assert status in (200, 202), answer
        self.look_again()

    def look_again(self) -> None:
        """Let no invoice wait for its turn by the shared clock."""
        with self.database.connect() as connection:
            connection.execute("UPDATE pay.invoices SET look_at_us = 0")


def ago(**parts: float) -> str:
    """A moment in the past, as `start_at` has it."""
    return (datetime.now(UTC) - timedelta(**parts)).isoformat()


@asynccontextmanager
async def open_billing(database: TestDatabase, **overrides: Any) -> AsyncIterator[Billing]:
    values = {"billing_dunning_s": DUNNING, "allow_reset": True, **overrides}
    async with open_shop(database.environment, name="api", **values) as shop:
        yield Billing(shop, Biller(shop.platform), Biller(shop.platform), database)


@pytest.fixture
async def billing(database: TestDatabase) -> AsyncIterator[Billing]:
    async with open_billing(database) as running:
        yield running


def now_us() -> int:
    return time.time_ns() // 1000
