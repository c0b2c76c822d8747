"""Completed idempotency keys are forgotten after ten seconds.

How it happens: keys live in a cache whose time to live was chosen for double clicks, or a clean-up job compares
seconds with milliseconds. Every quick retry is answered rightly; the one that comes later pays again. I8 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.begin import Begin, Begun
from system.store.connection import Connection

BUG = Bug(
    id="B96",
    title="idempotency keys are forgotten after ten seconds",
    caught_by=("I8", "I1"),
    shown_by=("asked_again_late",),
)

TIME_TO_LIVE_US = 10_000_000
FORGET = """
DELETE FROM pay.idempotency_keys WHERE scope = %s AND livemode = %s AND idempotency_key = %s AND state = 'completed'
    AND created_at_us < %s
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that drop an old key before they claim it."""

    async def begin(connection: Connection, command: Begin) -> Begun:
        claim = command.claim
        values = (claim.scope, claim.livemode, claim.key, claim.now_us - TIME_TO_LIVE_US)
        cursor = await connection.execute(FORGET, values)
        if cursor.rowcount:
            reached()
        return await seams.begin(connection, command)

    return replace(seams, begin=begin)
