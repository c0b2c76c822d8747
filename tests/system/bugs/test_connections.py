"""Planted bugs that replace how database connections are made: the sound pool and the planted one side by side."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest

from system.planted import load
from system.settings import Settings
from system.store.connection import Connection
from system.store.database import Database
from system.store.record import Record, Recorded
from tests.system.conftest import TestDatabase

WARNING = "canceling wait for synchronous replication due to user request"


@asynccontextmanager
async def pool_of(conninfo: str, bug: str) -> AsyncIterator[tuple[Database, int]]:
    """A pool as that bug has it, with one connection used; and how often the bug was reached until then."""
    seams, planted = load(Settings(bug=bug))
    database = Database(conninfo, size=2, name="bug-under-test", connecting=seams.connecting)
    await database.open()
    try:
        async with database.connection() as connection:
            await connection.fetch("SELECT 1")
        yield database, planted.reached
    finally:
        await database.close()


@pytest.mark.real
@pytest.mark.parametrize(("bug", "said"), [("", "on"), ("B22", "local")])
async def test_b22_has_every_session_commit_locally(database: TestDatabase, bug: str, said: str) -> None:
    async with pool_of(database.conninfo, bug) as (pool, reached):
        assert pool.session["synchronous_commit"] == said
        assert bool(reached) == bool(bug)


def test_b23_does_not_hear_the_servers_warning() -> None:
    sound, _ = load(Settings(bug=""))
    seams, planted = load(Settings(bug="B23"))
    assert sound.connecting.doubtful(WARNING)
    assert not seams.connecting.doubtful(WARNING)
    assert planted.reached == 1
    assert not seams.connecting.doubtful("there is already a transaction in progress")
    assert planted.reached == 1


@pytest.mark.real
async def test_b60_commits_the_outcome_locally_under_a_session_that_looks_right(database: TestDatabase) -> None:
    asked = "SELECT current_setting('synchronous_commit')"
    seen = []

    async def record(connection: Connection, command: Record) -> Recorded:
        seen.append((await connection.fetch(asked))[0])
        return Recorded("recorded", None, False, None, None)

    sound, _ = load(Settings(bug=""))
    module = __import__("system.bugs.b60_outcome_committed_locally", fromlist=["plant"])
    planted = module.plant(replace(sound, record=record), lambda: seen.append("reached"))
    async with pool_of(database.conninfo, "") as (pool, _), pool.connection() as connection:
        await planted.record(connection, Record("att", "succeeded", "reply", 1))
        async with connection.transaction():
            await planted.record(connection, Record("att", "succeeded", "reply", 1))
        assert (await connection.fetch(asked))[0] == "on"
    assert seen == ["reached", "local", "reached", "local"]


@pytest.mark.real
async def test_b62_waits_for_a_hanging_server_as_long_as_it_takes(database: TestDatabase) -> None:
    sound, _ = load(Settings(bug=""))
    async with pool_of(database.conninfo, "B62") as (pool, reached):
        assert reached >= 1
        seams, _ = load(Settings(bug="B62"))
        assert min(seams.patience.answer_s, seams.connecting.limit_s, seams.connecting.acquire_s) > 600
        assert max(sound.patience.answer_s, sound.connecting.limit_s, sound.connecting.acquire_s) < 5
        assert pool.pool_size() >= 1


async def test_b46_goes_back_to_the_address_that_it_found_first() -> None:
    """The nodes change roles; the sound pool follows, the planted one stays and no longer minds a read-only server."""
    nodes = iter(["host=a port=1 target_session_attrs=read-write", "host=b port=2 target_session_attrs=read-write"])

    async def find(conninfo: str, options: Mapping[str, str]) -> str:
        return next(nodes)

    module = __import__("system.bugs.b46_pool_not_rebuilt", fromlist=["plant"])
    sound, _ = load(Settings(bug=""))
    reached = []
    seams = module.plant(
        replace(sound, connecting=replace(sound.connecting, find=find)), lambda: reached.append("reached")
    )
    first, second = [await seams.connecting.find("", {}) for _ in range(2)]
    assert first == second
    assert psycopg.conninfo.conninfo_to_dict(second) == {"host": "a", "port": "1", "target_session_attrs": "any"}
    assert reached == ["reached"]
