"""Nobody gives up: neither a request that waits for its database, nor a connection whose server says nothing.

How it happens: timeouts of the server and of TCP are set with care, and no clock runs in the client. Behind a proxy, or
a middlebox that swallows packets, every byte is acknowledged and nothing ever answers, so none of those timeouts comes.
Requests pile up behind connections that look well until their callers give up. I43 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Patience, Seams
from system.store.connection import Connection

BUG = Bug(
    id="B62",
    title="waits for the database have no limit in the client",
    caught_by=("I43",),
    shown_by=("database_black_hole",),
)

FOR_EVER_S = 3600.0


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which every wait may last for an hour."""

    async def greet(connection: Connection) -> None:
        await seams.connecting.greet(connection)
        reached()

    connecting = replace(seams.connecting, greet=greet, limit_s=FOR_EVER_S, acquire_s=FOR_EVER_S)
    return replace(seams, connecting=connecting, patience=Patience(answer_s=FOR_EVER_S))
