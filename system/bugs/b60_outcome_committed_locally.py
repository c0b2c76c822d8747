"""The one transaction that records an outcome does not wait for a standby; the session's own setting looks right.

How it happens: somebody measures which transaction is slow, finds that it waits for a standby, and writes
`SET LOCAL synchronous_commit` into that one, "because the gateway has the money anyway". Every setting that anybody
looks at still says `on`. While a standby keeps up nothing is to be seen, and without a failover nothing is lost. I42
catches it as soon as the standbys are slow.
"""

from collections.abc import Callable
from dataclasses import replace

from psycopg.pq import TransactionStatus

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection
from system.store.record import Record, Recorded

BUG = Bug(
    id="B60",
    title="the transaction that records an outcome commits locally",
    caught_by=("I42",),
    shown_by=("slow_replica_then_primary_lost", "standby_cut_off"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which recording an outcome asks for less durability than the session does."""

    async def locally(connection: Connection, command: Record) -> Recorded:
        await connection.execute("SET LOCAL synchronous_commit = local")
        reached()
        return await seams.record(connection, command)

    async def record(connection: Connection, command: Record) -> Recorded:
        if connection.info.transaction_status != TransactionStatus.IDLE:
            return await locally(connection, command)
        async with connection.transaction():
            return await locally(connection, command)

    return replace(seams, record=record)
