"""A connection of the pool is kept, idle, for as long as a gateway is waited for.

How it happens: the connection is borrowed at the top of the handler and given back at its end; between two short
transactions it does nothing. No transaction is open, so nothing shows in the server; but the pool is as large as the
number of calls that may hang, and reads find none left. I58 catches it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import GatewayRequest
from system.seams import Seams
from system.store.database import Database

BUG = Bug(
    id="B104",
    title="a pooled connection is held while the gateway is waited for",
    caught_by=("I58",),
    shown_by=("hanging_gateway",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose calls are made with a connection in hand."""

    @asynccontextmanager
    async def around_call(database: Database, request: GatewayRequest, resend: bool) -> AsyncIterator[None]:
        reached()
        async with database.connection():
            yield

    return replace(seams, around_call=around_call)
