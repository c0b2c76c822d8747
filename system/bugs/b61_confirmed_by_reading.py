"""What is there to read is taken for safe: the barrier before a replay or a read reads as well, instead of writing.

How it happens: "we only have to know that the server is still the primary, and a SELECT is cheaper than a write to the
log". A commit whose wait for the standby was cancelled, or whose backend was ended, is visible like any other. Its
client asks again under its key, or looks for its payment, is answered from a row that one node has, and a failover
takes the row away. I42 sees that no other node had it, I2 that it is lost; where the stamp before a call was confirmed
so, the gateway keeps a charge that nobody knows of, and I4 sees that.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection

BUG = Bug(
    id="B61",
    title="a retry is answered from a row that is on one node only",
    caught_by=("I42", "I2", "I4"),
    shown_by=("asked_again_before_it_is_replicated",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which nothing is written before stored rows are told."""

    async def barrier(connection: Connection) -> None:
        await connection.fetch("SELECT NOT pg_is_in_recovery()")
        reached()

    return replace(seams, barrier=barrier)
