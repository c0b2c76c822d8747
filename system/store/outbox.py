"""Publish the outbox: every committed event becomes one delivery for its merchant's endpoint, exactly once.

Rows carry their own state and are claimed with SKIP LOCKED. A cursor over ids would lose events, because a lower id
may commit after a higher one.
"""

from system import crashpoints
from system.store.connection import Connection

PUBLISH = """
WITH due AS (
    SELECT outbox_id, event_id, merchant_id, body, correlation_id
    FROM pay.outbox WHERE state = 'pending'
    ORDER BY outbox_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), made AS (
    INSERT INTO pay.webhook_deliveries (event_id, merchant_id, endpoint, payload, correlation_id, state,
                                        created_at_us, next_attempt_at_us)
    SELECT due.event_id, due.merchant_id, merchants.webhook_url, due.body, due.correlation_id, 'pending',
           %(now_us)s, %(now_us)s
    FROM due JOIN pay.merchants USING (merchant_id)
    WHERE merchants.webhook_url <> ''
    ON CONFLICT (event_id, endpoint) DO NOTHING
)
UPDATE pay.outbox SET state = 'published', published_at_us = %(now_us)s
FROM due WHERE outbox.outbox_id = due.outbox_id
"""


FIRST = "SELECT min(outbox_id) FROM pay.outbox WHERE state = 'pending'"
"""Found by the index of what is pending, however stale the planner's figures are."""


async def publish(connection: Connection, now_us: int, *, limit: int = 200) -> int:
    """Publish up to `limit` pending events in one transaction; return how many.

    The delivery keeps the event's bytes as they were written with the payment, so that every try sends the same body.
    Most of the time there is nothing to publish, and then one question is all that is sent.
    """
    if (await connection.fetch(FIRST))[0] is None:
        return 0
    async with connection.transaction():
        cursor = await connection.execute(PUBLISH, {"now_us": now_us, "limit": limit})
        if cursor.rowcount:
            crashpoints.reach(crashpoints.OUTBOX_WRITTEN)
    if cursor.rowcount:
        crashpoints.reach(crashpoints.OUTBOX_PUBLISHED)
    return cursor.rowcount
