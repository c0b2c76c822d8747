"""A reset waits for a reconciliation that is under way, and leaves nothing of it behind."""

import asyncio

import pytest

from system.feed import Feed
from system.reconciliation.periodic import Periodic
from system.worker.loops import Loop, run
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import open_shop

pytestmark = pytest.mark.real


async def test_a_reset_waits_for_a_reconciliation_that_is_reading(database: TestDatabase) -> None:
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def feed(from_us: int, to_us: int) -> Feed:
        reading.set()
        await go_on.wait()
        return Feed(())

    async with open_shop(database.environment, reconcile_interval_s=2.0) as shop:
        await shop.create("k1")
        for gateway in shop.gateways.values():
            gateway.feed = feed  # type: ignore[method-assign]
        periodic = Periodic(shop.platform)
        task = asyncio.create_task(run(Loop("reconciliation", periodic.step, 0.05, 0.05), shop.platform.log))
        await asyncio.wait_for(reading.wait(), 20)
        resetting = asyncio.create_task(shop.operate("system/reset", {}))
        await asyncio.sleep(1.0)
        assert not resetting.done()
        go_on.set()
        status, body, _, _ = await asyncio.wait_for(resetting, 30)
        assert status == 200, body
        assert body["epoch"] == shop.platform.shared.routing.epoch
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_after_a_reset_the_interval_begins_anew(database: TestDatabase) -> None:
    read = 0

    async def feed(from_us: int, to_us: int) -> Feed:
        nonlocal read
        read += 1
        return Feed(())

    async with open_shop(database.environment, reconcile_interval_s=2.0) as shop:
        for gateway in shop.gateways.values():
            gateway.feed = feed  # type: ignore[method-assign]
        periodic = Periodic(shop.platform)
        await asyncio.sleep(1.5)
        assert (await shop.operate("system/reset", {}))[0] == 200
        await asyncio.sleep(1.0)
        assert (await periodic.step(), read) == (0, 0)
        async with asyncio.timeout(10):
            while not read:
                await periodic.step()
                await asyncio.sleep(0.05)
