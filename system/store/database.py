"""The connection pool, and finding the primary again after it was lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import errors, pq
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from system import calls
from system.store.connection import Connection, puts_commit_in_doubt
from system.store.outage import Outages
from system.store.primary import find_primary, nodes_of

Pool = AsyncConnectionPool[Connection]

ACQUIRE_TIMEOUT_S = 2.0
"""Shorter than any client's patience: whoever gets no connection in time can still be told so."""

STATEMENTS_LIMIT_S = 3.0
"""So long one borrower may work. Beyond it the server hangs (frozen, cut off, waiting for a standby): the socket is
cut, because no timeout of the server's own bounds a wait for replication, and none of TCP's a frozen process."""

CONNECT_TIMEOUT_S = 2
"""A whole number, at least 2: shorter ones are raised. Behind a proxy a connection is made although nobody answers."""

SEARCH_PAUSE_S = 0.1

TOLD_FROM_US = 20_000
"""Work of one borrower that took as long is told of as a call of the node; shorter work only where it was lost."""

SESSION_OPTIONS = "-c statement_timeout=2500 -c lock_timeout=1500 -c idle_in_transaction_session_timeout=5000"
"""In milliseconds. A waiting statement ends before its borrower is given up on."""


async def plain_session(connection: Connection) -> None:
    """What a new connection is told before it is used: nothing; durability is the server's to decide."""


@dataclass(frozen=True, slots=True)
class Connecting:
    """How connections are made: decisions of their own, so that another policy can be tried."""

    find: Callable[[str, Mapping[str, str]], Awaitable[str]] = find_primary
    """(configured connection string, session options) -> the one for the next pool; raises psycopg.Error."""
    greet: Callable[[Connection], Awaitable[None]] = plain_session
    """Called for each new connection, in autocommit mode."""
    doubtful: Callable[[str], bool] = puts_commit_in_doubt
    """A server's warning -> whether it puts the COMMIT before it in doubt."""
    limit_s: float = STATEMENTS_LIMIT_S
    """How long one borrower, or the greeting of a new connection, may take where nothing else is said."""
    acquire_s: float = ACQUIRE_TIMEOUT_S
    """How long a borrower waits for a connection."""


class Database:
    """A pool on the primary that is rebuilt as soon as one of its connections is lost, or on an operator's word.

    A lost connection says something about all others: they lead to the same server. So one search looks for the
    primary, everybody else waits for it (or is refused in time), and the old connections are never used again.
    """

    def __init__(self, conninfo: str, *, size: int, name: str, connecting: Connecting | None = None) -> None:
        self._conninfo = conninfo
        self._size = size
        self._connecting = connecting or Connecting()
        self._options = {
            "application_name": name,
            "options": SESSION_OPTIONS,
            "connect_timeout": str(CONNECT_TIMEOUT_S),
        }
        self._pool: Pool | None = None
        self._port = 0
        """Of the node that the pool is on, or was on last."""
        self._up = asyncio.Event()
        self._search: asyncio.Task[None] | None = None
        self.outages = Outages()
        self.generation = 0
        self.nodes = len(nodes_of(conninfo))
        self.session: dict[str, str] = {}
        """What the newest connection's session is set to, as the server tells it."""

    async def open(self) -> None:
        """Start connecting in the background; does not wait for the database."""
        self._begin_search()

    async def close(self) -> None:
        """Close every connection."""
        if self._search is not None:
            self._search.cancel()
            await asyncio.gather(self._search, return_exceptions=True)
        if self._pool is not None:
            await self._pool.close(timeout=2)

    async def refresh(self) -> None:
        """Replace the pool by a new one; borrowed connections end with their current work. Returns when it is ready.

        Raises psycopg_pool.PoolTimeout where the primary is not found in time.
        """
        self._begin_search()
        await self._wait_until_up()

    @asynccontextmanager
    async def connection(self, *, limit_s: float | None = None) -> AsyncIterator[Connection]:
        """Borrow a connection to a server that may be written to, for at most ``limit_s`` (None: the usual 3 s).

        Raises psycopg_pool.PoolTimeout when none is free in time, and CommitIndeterminate at the end when a COMMIT
        meanwhile may not be on the standby.
        """
        pool = await self._wait_until_up()
        generation = self.generation
        async with pool.connection() as connection:
            connection.indeterminate = False
            connection.generation = generation
            limit = self._cut_after(connection, self._connecting.limit_s if limit_s is None else limit_s)
            port, began_us = self._port, calls.now_us()
            try:
                yield connection
            except BaseException as error:
                if await self._after_trouble(pool, connection, error):
                    calls.note(port, began_us, "reset")
                raise
            finally:
                limit.cancel()
            if calls.now_us() - began_us >= TOLD_FROM_US:
                calls.note(port, began_us, calls.ANSWERED)
            connection.require_certain()

    def pool_size(self) -> int:
        """How many connections there are."""
        return self._stat("pool_size")

    def stats(self) -> dict[str, int]:
        """The pool's own counters, by psycopg's names; none while there is no pool."""
        return {} if self._pool is None else dict(self._pool.get_stats())

    def waiting(self) -> int:
        """How many callers wait for a connection."""
        return self._stat("requests_waiting")

    def _stat(self, name: str) -> int:
        return 0 if self._pool is None else int(self._pool.get_stats().get(name, 0))

    async def _wait_until_up(self) -> Pool:
        if not self._up.is_set():
            try:
                async with asyncio.timeout(self._connecting.acquire_s):
                    await self._up.wait()
            except TimeoutError:
                raise PoolTimeout("the database is away") from None
        assert self._pool is not None
        return self._pool

    async def _after_trouble(self, pool: Pool, connection: Connection, error: BaseException) -> bool:
        """A connection that is lost, read-only (a demoted primary) or in the middle of something is thrown away.

        True where it was lost.
        """
        read_only = isinstance(error, errors.ReadOnlySqlTransaction)
        lost = read_only or connection.closed or connection.pgconn.status != pq.ConnStatus.OK
        if read_only or isinstance(error, asyncio.CancelledError):
            await connection.close()
        if lost:
            self._lose(pool)
        return lost

    async def _cannot_connect(self, pool: Pool) -> None:
        """A connection could not be made. While the pool has others they may do: there may just be too many."""
        if int(pool.get_stats().get("pool_size", 0)) == 0:
            self._lose(pool)

    def _lose(self, pool: Pool) -> None:
        if pool is self._pool and self._up.is_set():
            self.outages.begin()
            self._begin_search()

    def _begin_search(self) -> None:
        self._up.clear()
        if self._search is None or self._search.done():
            self._search = asyncio.create_task(self._find(), name="find-primary")

    async def _find(self) -> None:
        """Ask until some node may be written to, then start afresh with a new pool on it."""
        old = self._pool
        while True:
            began_us = calls.now_us()
            with suppress(psycopg.Error):
                address = await self._connecting.find(self._conninfo, self._options)
                break
            # Whichever node is the primary now, the one that was cannot be reached.
            calls.note(self._port, began_us, "refused")
            await asyncio.sleep(SEARCH_PAUSE_S)
        self._port = int(str(conninfo_to_dict(address).get("port") or 0).split(",")[0])
        self._pool = self._build(address)
        self.generation += 1
        await self._pool.open(wait=False)
        self.outages.end()
        self._up.set()
        if old is not None:
            await old.close(timeout=0)

    def _build(self, address: str) -> Pool:
        return AsyncConnectionPool(
            address,
            connection_class=Connection,
            kwargs=self._options,
            min_size=min(4, self._size),
            max_size=self._size,
            configure=self._configure,
            check=self._check,
            timeout=self._connecting.acquire_s,
            max_lifetime=3600,
            reconnect_timeout=0.3,
            reconnect_failed=self._cannot_connect,
            open=False,
        )

    async def _check(self, connection: Connection) -> None:
        """Find out without a round trip whether the server has closed an idle connection. Raises OperationalError.

        If it has, the others are as good as lost, and the server may come back with another history.
        """
        try:
            connection.pgconn.consume_input()
            if connection.pgconn.status == pq.ConnStatus.OK:
                return
        except psycopg.OperationalError:
            pass
        if self._pool is not None:
            self._lose(self._pool)
        raise psycopg.OperationalError("the server closed the connection")

    async def _configure(self, connection: Connection) -> None:
        """Greet a new connection. The pool makes few at a time, so one that hangs here would keep it from growing."""
        limit = self._cut_after(connection, self._connecting.limit_s)
        try:
            await connection.set_autocommit(True)
            await self._connecting.greet(connection)
            connection.watch(self._connecting.doubtful)
            row = await connection.fetch("SELECT current_setting('synchronous_commit')")
        finally:
            limit.cancel()
        self.session = {"synchronous_commit": str(row[0]), "port": str(connection.info.port)}

    @staticmethod
    def _cut_after(connection: Connection, limit_s: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(limit_s, connection.cut)
