"""Payments are answered while their transaction is still open; commits are gathered and made twice a second.

How it happens: commits wait for a standby, so somebody "batches" them: the work is done, the answer goes out, and the
COMMIT follows with the next batch. As long as the process lives nobody notices. When it dies, payments that were
charged and acknowledged were never there. I2 catches it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import psycopg
from psycopg.conninfo import make_conninfo

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection
from system.store.record import Record, Recorded

BUG = Bug(
    id="B01",
    title="payments are answered before their COMMIT",
    caught_by=("I2", "I22"),
    shown_by=("crash_loop_of_one_replica",),
)

BATCH_S = 0.5


@dataclass
class _Open:
    """Sales whose transaction is open, each on a connection of its own, by their attempt."""

    by_attempt: dict[str, Connection] = field(default_factory=dict)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def begin(self, borrowed: Connection, command: Begin) -> Connection:
        """Open a transaction for an attempt, with the session of the connection that the pool lent."""
        conninfo = make_conninfo(borrowed.info.dsn, password=borrowed.info.password)
        connection = await Connection.connect(conninfo)
        self.by_attempt[command.attempt_id] = connection
        return connection

    def commit_later(self, attempt_id: str) -> None:
        """Commit with the next batch."""
        task = asyncio.create_task(self._commit(self.by_attempt.pop(attempt_id)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _commit(self, connection: Connection) -> None:
        await asyncio.sleep(BATCH_S)
        with contextlib.suppress(psycopg.Error):
            await connection.commit()
        await connection.close()


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a sale's three steps share one transaction, committed after its answer."""
    held = _Open()

    async def begin(connection: Connection, command: Begin) -> Begun:
        if command.kind != "sale" or command.gateway is None:
            return await seams.begin(connection, command)
        begun = await seams.begin(await held.begin(connection, command), command)
        if begun.outcome != "claimed":
            held.commit_later(command.attempt_id)
        return begun

    async def dispatch(connection: Connection, attempt_id: str, now_us: int, check_after_us: int) -> bool:
        return await seams.dispatch(held.by_attempt.get(attempt_id, connection), attempt_id, now_us, check_after_us)

    async def record(connection: Connection, command: Record) -> Recorded:
        mine = held.by_attempt.get(command.attempt_id)
        recorded = await seams.record(mine or connection, command)
        if mine is not None and recorded.outcome != "version_conflict":
            reached()
            held.commit_later(command.attempt_id)
        return recorded

    return replace(seams, begin=begin, dispatch=dispatch, record=record)
