"""The connection pool, and what a COMMIT that was not replicated looks like."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg_pool import AsyncConnectionPool

Row = tuple[Any, ...]

ACQUIRE_TIMEOUT_S = 2.0


class CommitIndeterminate(Exception):
    """The transaction is committed here but nobody knows whether the standby has it."""


class Connection(psycopg.AsyncConnection[Row]):
    """A connection in autocommit mode that remembers warnings about replication.

    Under synchronous replication a cancelled wait commits locally, warns, and returns as if nothing had happened.
    """

    indeterminate: bool = False

    def watch(self) -> None:
        """Start remembering the warning."""
        self.add_notice_handler(self._on_notice)

    def _on_notice(self, notice: psycopg.errors.Diagnostic) -> None:
        if "synchronous replication" in (notice.message_primary or ""):
            self.indeterminate = True

    async def fetch(self, query: str, parameters: tuple[object, ...] = ()) -> Row:
        """Run one statement that answers with one row; raises CommitIndeterminate, psycopg.Error."""
        self.indeterminate = False
        cursor = await self.execute(query, parameters, prepare=True)
        row = await cursor.fetchone()
        if self.indeterminate:
            raise CommitIndeterminate
        assert row is not None
        return row


async def _configure(connection: Connection) -> None:
    await connection.set_autocommit(True)
    connection.watch()


async def _check(connection: Connection) -> None:
    """Find out without a round trip whether the server has closed an idle connection. Raises OperationalError."""
    connection.pgconn.consume_input()
    if connection.pgconn.status != pq.ConnStatus.OK:
        raise psycopg.OperationalError("the server closed the connection")


class Database:
    """A pool that can be rebuilt while it is in use (after a failover, or on an operator's word)."""

    def __init__(self, conninfo: str, *, size: int, name: str) -> None:
        self._conninfo = conninfo
        self._size = size
        self._name = name
        self._pool = self._build()
        self.generation = 0

    def _build(self) -> AsyncConnectionPool[Connection]:
        return AsyncConnectionPool(
            self._conninfo,
            connection_class=Connection,
            kwargs={"application_name": self._name},
            min_size=min(4, self._size),
            max_size=self._size,
            configure=_configure,
            check=_check,
            timeout=ACQUIRE_TIMEOUT_S,
            max_lifetime=3600,
            reconnect_timeout=2,
            open=False,
        )

    async def open(self) -> None:
        """Start connecting in the background; does not wait for the database."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close(timeout=2)

    async def refresh(self) -> None:
        """Replace the pool by a new one; borrowed connections end with their current work."""
        old, self._pool = self._pool, self._build()
        self.generation += 1
        await self._pool.open(wait=False)
        await old.close(timeout=2)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a connection. One that turns out to be read-only (a demoted primary) is thrown away.

        Raises psycopg_pool.PoolTimeout when none is free in time.
        """
        async with self._pool.connection() as connection:
            try:
                yield connection
            except (errors.ReadOnlySqlTransaction, asyncio.CancelledError):
                await connection.close()
                raise

    def waiting(self) -> int:
        """How many callers wait for a connection."""
        return int(self._pool.get_stats().get("requests_waiting", 0))
