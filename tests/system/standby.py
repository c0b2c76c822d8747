"""A server whose commits wait for a standby that is not there, and somebody who cancels those waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.system.conftest import TestDatabase


@asynccontextmanager
async def standby_that_never_answers(database: TestDatabase) -> AsyncIterator[None]:
    """Make every COMMIT wait for a standby that is not there."""
    with database.connect() as admin:
        admin.execute("SET synchronous_commit = local")
        admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'ghost'")
        admin.execute("SELECT pg_reload_conf()")
        while admin.execute("SHOW synchronous_standby_names").fetchone() != ("ghost",):
            await asyncio.sleep(0.02)
        try:
            yield
        finally:
            admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
            admin.execute("SELECT pg_reload_conf()")


async def cancelling(database: TestDatabase, name: str, task: "asyncio.Task[Any]") -> None:
    """Cancel every wait for the standby of that application, as an impatient operator would, until `task` is done."""
    with database.connect() as admin:
        while not task.done():
            admin.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = %s AND wait_event = 'SyncRep'",
                (name,),
            )
            await asyncio.sleep(0.02)
