"""Is what was read here on the standby as well? A commit whose wait was cancelled is visible before it is durable.

WAL is replicated in order. So a transaction that writes anything after the reading, and whose COMMIT comes back without
a warning, proves that everything read before it is on the standby. Whatever acknowledges what it has only *read* (a
replay, a retried transaction that finds itself done, a GET) confirms it first.
"""

import asyncio

from system.store.database import Database

_BARRIER = "SELECT pg_logical_emit_message(true, 'pay', '') IS NOT NULL"


class Durable:
    """One barrier at a time in each process: callers that arrive while one is under way share the next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._under_way: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def confirm(self) -> None:
        """Return when everything read until now is on the standby. Raises what the database raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._run(self._under_way), name="confirm")
            self._next.add_done_callback(_heard)
        await asyncio.shield(self._next)

    async def _run(self, earlier: "asyncio.Task[None] | None") -> None:
        if earlier is not None:
            await asyncio.wait({earlier})
        # From here on the barrier may be too early for what others read: they need another one.
        self._under_way, self._next = asyncio.current_task(), None
        async with self._database.connection() as connection:
            await connection.fetch(_BARRIER)


def _heard(task: "asyncio.Task[None]") -> None:
    """Its callers may all be gone; its error is theirs alone."""
    if not task.cancelled():
        task.exception()
