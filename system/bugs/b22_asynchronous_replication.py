"""Commits do not wait for the standby.

How it happens: somebody sets `synchronous_commit = local` in the application's sessions, because the standby was slow
one day; the servers' own settings still look right. When the primary dies, what was acknowledged meanwhile is gone. I2
and I3 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection

BUG = Bug(
    id="B22",
    title="commits do not wait for the standby (asynchronous replication)",
    caught_by=("I2", "I3"),
    shown_by=("slow_replica_then_primary_lost",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which every new session commits locally."""

    async def greet(connection: Connection) -> None:
        await seams.connecting.greet(connection)
        await connection.execute("SET synchronous_commit = local")
        reached()

    return replace(seams, connecting=replace(seams.connecting, greet=greet))
