"""The worker's loops, its expiry of keys, and its admin listener."""

import asyncio
import json

import psycopg
import pytest

from system.clock import now_us
from system.log import make_logger
from system.worker.admin import admin_app
from system.worker.keys import expire_keys
from system.worker.loops import Loop, run
from system.worker.worker import Worker
from tests.system.conftest import TestDatabase
from tests.system.core.fakes import TIMEOUT, Shop


async def test_a_loop_survives_what_one_step_meets(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes: list[Exception | int] = [psycopg.OperationalError("away"), RuntimeError("one bad row"), 1, 0]
    finished = asyncio.Event()

    async def step() -> int:
        if not outcomes:
            finished.set()
            return 0
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    task = asyncio.create_task(run(Loop("test", step, 0.0, 0.0), make_logger("worker")))
    await asyncio.wait_for(finished.wait(), 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    printed = capsys.readouterr().out
    assert [json.loads(line)["event"] for line in printed.splitlines()] == ["database_trouble", "loop_step_failed"]
    assert "one bad row" not in printed


@pytest.mark.real
async def test_a_key_after_its_retention_is_a_tombstone_that_is_never_executed_again(
    shop: Shop, database: TestDatabase
) -> None:
    await shop.create("k1")
    async with shop.platform.database.connection() as connection:
        assert await expire_keys(connection, now_us()) == 0
        assert await expire_keys(connection, now_us() + 31 * 24 * 3600 * 10**6) == 1
    status, _, _, _ = await shop.create("k1")
    assert status == 410
    assert len(shop.gateways["stripe"].executed) == 1


@pytest.mark.real
async def test_the_whole_worker_resolves_an_unknown_and_its_listener_tells_the_backlog(
    shop: Shop, database: TestDatabase
) -> None:
    shop.gateways["stripe"].script = lambda request: TIMEOUT if len(shop.gateways["stripe"].calls) == 1 else None
    _, payment, _, _ = await shop.create("k1")
    assert (await backlog(shop))["unknown_attempts"] == 1
    worker = Worker(shop.platform)
    await worker.start()
    try:
        async with asyncio.timeout(10):
            while (await backlog(shop))["open_operations"] or (await backlog(shop))["outbox_pending"]:
                await asyncio.sleep(0.02)
    finally:
        await worker.stop()
    assert (await shop.request("GET", f"/v1/payments/{payment['id']}"))[1]["status"] == "captured"


async def backlog(shop: Shop) -> dict[str, int]:
    """Ask the admin listener's health route without a socket."""
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/health", "headers": [], "query_string": b"", "root_path": ""}
    await admin_app(shop.platform)(scope, receive, send)
    assert sent[0]["status"] == 200
    return dict(json.loads(bytes(sent[1]["body"]))["backlog"])
