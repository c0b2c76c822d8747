"""Whoever re-sends a call locks its operation's row until the gateway has answered.

How it happens: "nobody else may touch it meanwhile" is written as `SELECT ... FOR UPDATE` around the call, although
leases and fences see to that without holding anything. Webhooks about the same payment queue behind it. I56 catches it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import GatewayRequest
from system.seams import Seams
from system.store.database import Database

BUG = Bug(
    id="B103",
    title="a re-send holds a row lock while the gateway is waited for",
    caught_by=("I56",),
    shown_by=("hanging_gateway",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose re-sends are made under a lock."""

    @asynccontextmanager
    async def around_call(database: Database, request: GatewayRequest, resend: bool) -> AsyncIterator[None]:
        if not resend:
            yield
            return
        reached()
        async with database.connection() as connection, connection.transaction():
            await connection.execute(
                "SELECT state FROM pay.operations WHERE operation_id = %s FOR UPDATE", (request.operation_id,)
            )
            yield

    return replace(seams, around_call=around_call)
