"""Payments are read, and used keys are looked up, on the standby.

How it happens: "reads scale out to the replica" is good advice for a catalogue. The synchronous standby has every
commit on disk, but shows it only when it has replayed it; while it lags, a payment that was just made is not found, a
balance is yesterday's, and a repeated key looks new. I19 and I8 catch it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import psycopg
from psycopg.conninfo import make_conninfo

from system.bugs.bug import Bug
from system.seams import Seams
from system.settings import Settings
from system.store.begin import Begin, Begun
from system.store.connection import Connection
from system.store.payments import Payment

BUG = Bug(
    id="B25",
    title="payments and used keys are read from a lagging standby",
    caught_by=("I19", "I8", "I20"),
    shown_by=("lagging_standby",),
)

PATIENCE_S = 0.5
KNOWN = """
SELECT count(*) FROM pay.idempotency_keys
WHERE merchant_id = %s AND livemode = %s AND idempotency_key = %s AND state = 'completed'
"""

T = TypeVar("T")


class Standby:
    """One connection to whichever node is the standby now, opened when it is first needed."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._asking = asyncio.Lock()

    async def ask(self, primary: Connection, read: Callable[[Connection], Awaitable[T]]) -> T:
        """Return what the standby says; what the primary says where there is no standby to ask."""
        async with self._asking:
            try:
                if self._connection is None:
                    self._connection = await _connect()
                return await asyncio.wait_for(read(self._connection), PATIENCE_S)
            except (psycopg.Error, TimeoutError):
                if self._connection is not None:
                    await self._connection.close()
                    self._connection = None
        return await read(primary)


async def _connect() -> Connection:
    nodes = Settings().conninfo
    return await Connection.connect(make_conninfo(nodes, target_session_attrs="standby"), autocommit=True)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that read where it is cheap."""
    standby = Standby()

    async def find_payment(
        connection: Connection, payment_id: str, merchant_id: str
    ) -> tuple[Payment, tuple[str, ...]] | None:
        sound = await seams.find_payment(connection, payment_id, merchant_id)
        seen = await standby.ask(connection, lambda node: seams.find_payment(node, payment_id, merchant_id))
        if seen != sound:
            reached()
        return seen

    async def begin(connection: Connection, command: Begin) -> Begun:
        claim = command.claim
        identity = (claim.merchant_id, claim.livemode, claim.key)
        used = (await connection.fetch(KNOWN, identity))[0]
        seen = await standby.ask(connection, lambda node: node.fetch(KNOWN, identity)) if used else (0,)
        if used and not seen[0]:
            reached()
            return await seams.begin(connection, replace(command, claim=replace(claim, scope=f"new:{claim.owner}")))
        return await seams.begin(connection, command)

    return replace(seams, find_payment=find_payment, begin=begin)
