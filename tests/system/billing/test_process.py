"""The biller as the process that the topology starts: it answers, bills by itself, and ends when it is told to."""

import asyncio
import os
import signal
import socket
import sys

import pytest

from tests.system.billing.conftest import Billing
from tests.system.conftest import TestDatabase

pytestmark = pytest.mark.real


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def test_the_process_bills_and_ends(billing: Billing, database: TestDatabase) -> None:
    subscription = await billing.subscribe(await billing.plan())
    port = _free_port()
    environment = {**os.environ, **database.environment, "PAY_NAME": "billing1", "PAY_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "system.billing", env=environment)
    try:
        async with asyncio.timeout(240):
            while not await billing.invoices(subscription["id"]):
                assert process.returncode is None
                await asyncio.sleep(0.1)
        async with billing.shop.session.get(f"http://127.0.0.1:{port}/health") as answer:
            health = await answer.json()
        assert (answer.status, health["role"], health["status"]) == (200, "billing", "ok")
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(120):
            # uvicorn raises the signal again once everything is closed.
            assert await process.wait() == -signal.SIGTERM
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
