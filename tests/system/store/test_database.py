"""The pool finds the primary again by itself, bounds what hangs, and writes down how long it was without."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import LiteralString

import psycopg
import pytest
from psycopg_pool import PoolClosed, PoolTimeout

from system.store.connection import CommitIndeterminate, Connection
from system.store.database import Connecting, Database
from system.store.durable import Durable
from system.store.primary import find_primary, nodes_of
from tests.system.conftest import TestDatabase
from tests.system.standby import cancelling, standby_that_never_answers

NAME = "pool-under-test"


@asynccontextmanager
async def opened(conninfo: str, connecting: Connecting | None = None) -> AsyncIterator[Database]:
    database = Database(conninfo, size=4, name=NAME, connecting=connecting)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def answer(database: Database) -> int:
    async with database.connection() as connection:
        return int((await connection.fetch("SELECT 1"))[0])


async def ask(
    database: Database, statement: LiteralString, meanwhile: Callable[[], None] = lambda: None, *, limit_s: float = 3
) -> None:
    async with database.connection(limit_s=limit_s) as connection:
        meanwhile()
        await connection.execute(statement)


def kill(database: TestDatabase) -> None:
    with database.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", (NAME,)
        )


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that takes connections and never says anything, like a frozen server."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


def test_each_node_of_a_connection_string_has_one_of_its_own() -> None:
    nodes = nodes_of("host=127.0.0.1,127.0.0.2 port=1,2 dbname=d target_session_attrs=read-write")
    assert [psycopg.conninfo.conninfo_to_dict(node) for node in nodes] == [
        {"host": "127.0.0.1", "port": "1", "dbname": "d", "target_session_attrs": "read-write"},
        {"host": "127.0.0.2", "port": "2", "dbname": "d", "target_session_attrs": "read-write"},
    ]
    assert len(nodes_of("host=a,b port=5 dbname=d")) == 2


@pytest.mark.real
async def test_a_node_that_hangs_does_not_delay_finding_the_primary(database: TestDatabase, black_hole: int) -> None:
    port = psycopg.conninfo.conninfo_to_dict(database.conninfo)["port"]
    both = database.conninfo.replace(f"port={port}", f"port={black_hole},{port}").replace(
        "host=127.0.0.1", "host=127.0.0.1,127.0.0.1"
    )
    began = time.monotonic()
    found = await find_primary(both, {})
    assert psycopg.conninfo.conninfo_to_dict(found)["port"] == port
    assert time.monotonic() - began < 10


@pytest.mark.real
async def test_after_a_lost_connection_the_pool_is_new_and_the_outage_is_known(database: TestDatabase) -> None:
    async with opened(database.conninfo) as pool:
        assert await answer(pool) == 1
        before = pool.generation
        with pytest.raises(psycopg.OperationalError):
            await ask(pool, "SELECT 2", lambda: kill(database))
        assert await answer(pool) == 1
        assert pool.generation == before + 1
        (outage,) = pool.outages.over
        assert outage.lost_at_us < outage.back_at_us


@pytest.mark.real
async def test_while_nobody_may_be_written_to_callers_are_told_in_time(database: TestDatabase, black_hole: int) -> None:
    connecting = Connecting(acquire_s=0.3)
    async with opened(f"host=127.0.0.1 port={black_hole} dbname=x user=y connect_timeout=2", connecting) as pool:
        began = time.monotonic()
        with pytest.raises(PoolTimeout):
            await answer(pool)
        assert time.monotonic() - began < 10


@pytest.mark.real
async def test_a_new_connection_that_hangs_before_its_first_use_does_not_keep_the_pool_from_growing(
    database: TestDatabase,
) -> None:
    hung = 0

    async def greet(connection: Connection) -> None:
        nonlocal hung
        if hung < 4:  # as many as the pool makes at first
            hung += 1
            await connection.execute("SELECT pg_sleep(60)")

    async with opened(database.conninfo, Connecting(greet=greet, limit_s=0.3, acquire_s=20)) as pool:
        began = time.monotonic()
        assert await answer(pool) == 1
        assert time.monotonic() - began < 15
    assert hung == 4


@pytest.mark.real
async def test_a_pool_that_connects_to_a_black_hole_finds_the_primary_once_it_is_there(
    database: TestDatabase, black_hole: int
) -> None:
    """The search found it, and then every connection hangs: no timeout of the server's or of TCP's would end them."""
    there = f"host=127.0.0.1 port={black_hole} dbname=x user=y"

    async def find(conninfo: str, options: Mapping[str, str]) -> str:
        return next(addresses)

    addresses = iter([there, *[database.conninfo] * 100])
    async with opened(database.conninfo, Connecting(find=find, acquire_s=1)) as pool:
        until = time.monotonic() + 20
        while True:
            with suppress(PoolTimeout, PoolClosed):
                assert await answer(pool) == 1
                break
            assert time.monotonic() < until


@pytest.mark.real
async def test_a_statement_that_hangs_is_cut_off_and_not_cancelled(database: TestDatabase) -> None:
    async with opened(database.conninfo) as pool:
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError) as raised:
            await ask(pool, "SELECT pg_sleep(30)", limit_s=0.3)
        assert time.monotonic() - began < 10
        assert not isinstance(raised.value, psycopg.errors.QueryCanceled)
        assert await answer(pool) == 1


@pytest.mark.real
async def test_a_server_that_has_become_read_only_is_left_for_the_primary(database: TestDatabase) -> None:
    async with opened(database.conninfo) as pool:
        before = (await answer(pool), pool.generation)[1]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await ask(pool, "BEGIN READ ONLY; CREATE TABLE pay.never (x int)")
        assert await answer(pool) == 1
        assert pool.generation == before + 1


@pytest.mark.real
async def test_the_operators_refresh_replaces_the_pool_and_leaves_borrowed_connections_alone(
    database: TestDatabase,
) -> None:
    async with opened(database.conninfo) as pool:
        async with pool.connection() as connection:
            before = pool.generation
            await pool.refresh()
            assert (await connection.fetch("SELECT 3"))[0] == 3
        assert pool.generation == before + 1
        assert pool.outages.over == []


@pytest.mark.real
async def test_new_connections_are_greeted_and_tell_how_durable_their_commits_are(database: TestDatabase) -> None:
    async def greet(connection: Connection) -> None:
        await connection.execute("SET synchronous_commit = local")

    async with opened(database.conninfo, Connecting(greet=greet)) as pool:
        await answer(pool)
        assert pool.session["synchronous_commit"] == "local"


INSERT = "INSERT INTO pay.reconnects (process, lost_at_us, back_at_us) VALUES ('x', 1, 2)"


@pytest.mark.real
async def test_a_commit_whose_wait_was_cancelled_is_visible_but_confirmed_by_nobody(database: TestDatabase) -> None:
    async with opened(database.conninfo) as pool:
        durable = Durable(pool)
        await answer(pool)
        async with standby_that_never_answers(database):

            async def write() -> None:
                async with pool.connection() as connection:
                    await connection.execute(INSERT)

            for doubted in (write, lambda: durable.confirm(pool.generation)):
                attempt = asyncio.create_task(doubted())
                await cancelling(database, NAME, attempt)
                with pytest.raises(CommitIndeterminate):
                    await attempt
            async with pool.connection() as connection:
                assert (await connection.fetch("SELECT count(*) FROM pay.reconnects"))[0] == 1
        await durable.confirm(pool.generation)


@pytest.mark.real
async def test_one_barrier_serves_all_that_ask_while_another_is_under_way(database: TestDatabase) -> None:
    async with opened(database.conninfo) as pool:
        durable, used = Durable(pool), 0
        await answer(pool)
        sound = pool.connection

        def counted() -> object:
            nonlocal used
            used += 1
            return sound()

        pool.connection = counted  # type: ignore[method-assign, assignment]
        await asyncio.gather(*(durable.confirm(pool.generation) for _ in range(50)))
        assert 1 <= used <= 2


@pytest.mark.real
async def test_what_was_read_from_the_old_primary_is_not_confirmed_by_the_new_one(database: TestDatabase) -> None:
    async with opened(database.conninfo) as pool:
        durable = Durable(pool)
        async with pool.connection() as connection:
            read_on = connection.generation
        await durable.confirm(read_on)
        await pool.refresh()
        with pytest.raises(CommitIndeterminate):
            await durable.confirm(read_on)
        await durable.confirm(pool.generation)


@pytest.mark.real
async def test_an_idle_connection_that_the_server_closed_makes_a_new_pool(database: TestDatabase) -> None:
    async with opened(database.conninfo) as pool:
        before = (await answer(pool), pool.generation)[1]
        kill(database)
        while pool.generation == before:
            with suppress(psycopg.Error):
                await answer(pool)
        assert await answer(pool) == 1
