"""The outbox is read by a cursor over its ids: whatever is not above the last id is taken for published.

How it happens: `WHERE id > :last ORDER BY id` is the first query that comes to mind, and it is right as long as ids
become visible in their order. They do not: a transaction takes its id when it writes and shows it when it commits, so a
long one appears below the cursor, and nobody looks there again. I22 and I24 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection

BUG = Bug(
    id="B27",
    title="the outbox is polled by a cursor over its ids",
    caught_by=("I22", "I24"),
    shown_by=("long_transactions",),
)

NEWEST = "SELECT coalesce(max(outbox_id), 0) FROM pay.outbox"
SKIP = "UPDATE pay.outbox SET state = 'published', published_at_us = %s WHERE outbox_id <= %s AND state = 'pending'"


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose publisher never looks below its cursor."""
    last = 0

    async def publish(connection: Connection, now_us: int) -> int:
        nonlocal last
        newest = (await connection.fetch(NEWEST))[0]
        last = min(last, newest)
        skipped = await connection.execute(SKIP, (now_us, last))
        for _ in range(skipped.rowcount):
            reached()
        published = await seams.publish(connection, now_us)
        last = max(last, newest)
        return published

    return replace(seams, publish=publish)
