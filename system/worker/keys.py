"""Idempotency keys after their retention: a tombstone stays, so that the request is never executed again."""

from system.store.connection import Connection

EXPIRE = """
WITH due AS (
    SELECT key_id FROM pay.idempotency_keys
    WHERE state = 'completed' AND expires_at_us <= %(now_us)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE pay.idempotency_keys k SET state = 'expired', body = NULL FROM due WHERE k.key_id = due.key_id
"""


async def expire_keys(connection: Connection, now_us: int, *, limit: int = 500) -> int:
    """Turn up to `limit` completed keys whose time is over into tombstones; return how many."""
    cursor = await connection.execute(EXPIRE, {"now_us": now_us, "limit": limit})
    return cursor.rowcount
