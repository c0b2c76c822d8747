"""A server whose commits wait for a standby that is not there, and somebody who cancels those waits."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from tests.system.conftest import TestDatabase

PROBE = "probe"
DEADLINE_S = 20.0


@asynccontextmanager
async def standby_that_never_answers(database: TestDatabase) -> AsyncIterator[None]:
    """Make every COMMIT wait for a standby that is not there."""
    with database.connect() as admin:
        admin.execute("SET synchronous_commit = local")
        admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'ghost'")
        try:
            admin.execute("SELECT pg_reload_conf()")
            await _commits_wait(database, admin)
            yield
        finally:
            admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
            admin.execute("SELECT pg_reload_conf()")


async def cancelling(database: TestDatabase, name: str, task: "asyncio.Task[Any]") -> None:
    """Cancel every wait for the standby of that application, as an impatient operator would, until `task` is done."""
    with database.connect() as admin:
        while not task.done():
            _cancel_waits(admin, name)
            await asyncio.sleep(0.02)


async def _commits_wait(database: TestDatabase, admin: psycopg.Connection) -> None:
    """Try commits until one waits.

    A session that shows the setting proves nothing: commits wait from when the checkpointer has read it.
    """
    deadline = time.monotonic() + DEADLINE_S
    while not await _one_commit_waits(database, admin):
        assert time.monotonic() < deadline, "no commit waits for the standby"


async def _one_commit_waits(database: TestDatabase, admin: psycopg.Connection) -> bool:
    waited = False
    attempt = asyncio.create_task(asyncio.to_thread(_commit, database))
    while not attempt.done():
        waited = _cancel_waits(admin, PROBE) or waited
        await asyncio.sleep(0.02)
    await attempt
    return waited


def _commit(database: TestDatabase) -> None:
    """Commit something that is written to the log, and to no table."""
    with psycopg.connect(database.conninfo, autocommit=True, application_name=PROBE) as connection:
        connection.execute("SELECT pg_logical_emit_message(true, 'probe', '')")


def _cancel_waits(admin: psycopg.Connection, name: str) -> bool:
    """Cancel every wait of that application; tell whether there was one."""
    waiting = admin.execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = %s AND wait_event = 'SyncRep'",
        (name,),
    )
    return waiting.fetchone() is not None
