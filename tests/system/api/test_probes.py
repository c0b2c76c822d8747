"""Alive is not ready: what each says while the database is well, read-only, and gone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.system.conftest import TestDatabase
from tests.system.core.fakes import Shop, open_shop

pytestmark = pytest.mark.real


@contextmanager
def read_only(database: TestDatabase) -> Iterator[None]:
    """Let nobody write, as on a primary that was demoted, and end every connection that still might."""
    with psycopg.connect(database.conninfo, autocommit=True) as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute("ALTER DATABASE payments SET default_transaction_read_only = on")
        try:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'api1'")
            yield
        finally:
            admin.execute("ALTER DATABASE payments RESET default_transaction_read_only")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'api1'")


async def says(shop: Shop, status: int, database: str) -> None:
    """Wait until the replica is ready or not, for that reason; it is alive all the time."""
    async with asyncio.timeout(30):
        while True:
            assert (await shop.request("GET", "/health/live"))[0] == 200
            found, report, _, _ = await shop.request("GET", "/health/ready")
            assert found == (200 if report["status"] == "ok" else 503)
            assert (await shop.request("GET", "/health"))[0] == 200
            if (found, report["database"]) == (status, database):
                return
            await asyncio.sleep(0.05)


async def test_a_replica_on_a_read_only_server_is_alive_and_not_ready_and_says_why(database: TestDatabase) -> None:
    async with open_shop(database.environment) as shop:
        await says(shop, 200, "ok")
        with read_only(database):
            await says(shop, 503, "read-only")
            # It does not flicker: what it was told to write goes on failing, however well it can read.
            for _ in range(20):
                report = (await shop.request("GET", "/health/ready"))[1]
                assert report["database"] != "ok"
                await asyncio.sleep(0.05)
        await says(shop, 200, "ok")


async def test_a_replica_without_any_server_is_alive_and_not_ready(database: TestDatabase) -> None:
    gone = {**database.environment, "PAY_DATABASE_URL": "host=127.0.0.1 port=9 dbname=payments user=postgres"}
    async with open_shop(gone) as shop:
        await says(shop, 503, "unreachable")
