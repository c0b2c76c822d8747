"""Who asks again about a declined payment is told that it is in progress.

How it happens: a stored reply is replayed "if the payment succeeded", and everything else falls through to the branch
for requests that are still being worked on. Quick retries look the same as in a race. I10 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun, Claiming
from system.store.connection import Connection

BUG = Bug(
    id="B101",
    title="the key of a declined payment is in use for ever",
    caught_by=("I10",),
    shown_by=("asked_again_late",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that replay nothing but successes."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        begun = await seams.begin(connection, command)
        if begun.outcome != "replay" or (begun.status_code or 0) < 400:
            return begun
        reached()
        return replace(begun, outcome=Claiming.IN_FLIGHT)

    return replace(seams, begin=begin)
