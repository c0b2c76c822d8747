"""Is what was read here on the standby as well? A commit whose wait was cancelled is visible before it is durable.

WAL is replicated in order. So a transaction that writes anything after the reading, and whose COMMIT comes back without
a warning, proves that everything read before it is on the standby. Whatever acknowledges what it has only *read* (a
replay, a retried transaction that finds itself done, a GET) confirms it first. The barrier must go to the server that
was read from: a primary that took over meanwhile knows nothing of what its predecessor kept to itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

from system.store.connection import CommitIndeterminate, Connection
from system.store.database import Database

_BARRIER = "SELECT pg_logical_emit_message(true, 'pay', '') IS NOT NULL"


async def write_barrier(connection: Connection) -> None:
    """Write to the log and commit. It leaves nothing in any table. Raises CommitIndeterminate, psycopg.Error."""
    await connection.fetch(_BARRIER)


class Durable:
    """One barrier at a time in each process: callers that arrive while one is under way share the next."""

    def __init__(self, database: Database, barrier: Callable[[Connection], Awaitable[None]] = write_barrier) -> None:
        self._database = database
        self._barrier = barrier
        self._under_way: asyncio.Task[int] | None = None
        self._next: asyncio.Task[int] | None = None

    async def confirm(self, read_on: int) -> None:
        """Return when everything read until now from the pool of that generation is on the standby.

        Raises what the database raises, and CommitIndeterminate where the pool is another one by now.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._run(self._under_way), name="confirm")
            self._next.add_done_callback(_heard)
        if await asyncio.shield(self._next) != read_on:
            raise CommitIndeterminate

    async def _run(self, earlier: "asyncio.Task[int] | None") -> int:
        if earlier is not None:
            await asyncio.wait({earlier})
        # From here on the barrier may be too early for what others read: they need another one.
        self._under_way, self._next = asyncio.current_task(), None
        async with self._database.connection() as connection:
            await self._barrier(connection)
            return connection.generation


def _heard(task: "asyncio.Task[int]") -> None:
    """Its callers may all be gone; its error is theirs alone."""
    if not task.cancelled():
        task.exception()
