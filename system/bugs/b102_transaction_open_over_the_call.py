"""Each new call to a gateway is made inside a database transaction.

How it happens: the unit of work begins with the request (a decorator, a middleware) and ends with the answer. It is
simple, and right, until a gateway takes its time: every transaction is idle for as long. I56 catches it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import GatewayRequest
from system.seams import Seams
from system.store.database import Database

BUG = Bug(
    id="B102",
    title="a transaction is open while the gateway is waited for",
    caught_by=("I56", "I58"),
    shown_by=("hanging_gateway",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose first sends are made within a transaction that has read the operation."""

    @asynccontextmanager
    async def around_call(database: Database, request: GatewayRequest, resend: bool) -> AsyncIterator[None]:
        if resend:
            yield
            return
        reached()
        async with database.connection() as connection, connection.transaction():
            await connection.execute(
                "SELECT state FROM pay.operations WHERE operation_id = %s", (request.operation_id,)
            )
            yield

    return replace(seams, around_call=around_call)
