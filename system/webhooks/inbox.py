"""The inbox of gateway events: each is stored once under (gateway, event id), and done once. SQL only."""

from dataclasses import dataclass

from system.store.connection import Connection

STORE = """
INSERT INTO pay.inbound_events AS e (gateway, event_id, type, body, received_at_us)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (gateway, event_id) DO UPDATE SET deliveries = e.deliveries + 1
RETURNING processed_at_us IS NOT NULL
"""

PENDING = """
SELECT gateway, event_id, body, received_at_us FROM pay.inbound_events
WHERE processed_at_us IS NULL AND received_at_us <= %s ORDER BY received_at_us LIMIT %s
"""

DONE = """
UPDATE pay.inbound_events e SET processed_at_us = %s
FROM unnest(%s::text[], %s::text[]) AS done(gateway, event_id)
WHERE e.gateway = done.gateway AND e.event_id = done.event_id AND e.processed_at_us IS NULL
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored event whose effect is not known to be done."""

    gateway: str
    event_id: str
    body: bytes
    received_at_us: int


async def store(connection: Connection, gateway: str, event_id: str, type_: str, body: bytes, now_us: int) -> bool:
    """Store one delivery; True when the event's effect is done already, False when it still has to act."""
    row = await connection.fetch(STORE, (gateway, event_id, type_, body, now_us))
    return bool(row[0])


async def pending(connection: Connection, received_until_us: int, *, limit: int = 200) -> list[Stored]:
    """Return stored events that have not acted yet and were received by then, oldest first."""
    cursor = await connection.execute(PENDING, (received_until_us, limit))
    return [Stored(row[0], row[1], bytes(row[2]), row[3]) for row in await cursor.fetchall()]


async def mark_done(connection: Connection, events: list[tuple[str, str]], now_us: int) -> None:
    """Note that these (gateway, event id) have acted, or have nothing to do."""
    if events:
        await connection.execute(DONE, (now_us, [item[0] for item in events], [item[1] for item in events]))
