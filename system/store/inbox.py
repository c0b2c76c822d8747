"""The inbox of gateway events: each is stored once under (gateway, event id), and done once. SQL only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from system.gateway import ParsedEvent
from system.store.connection import Connection

STORE = """
INSERT INTO pay.inbound_events AS e (gateway, event_id, type, body, received_at_us, processed_at_us)
SELECT %s::text, %s::text, %s::text, %s::bytea, %s::bigint, CASE WHEN %s::boolean OR EXISTS (
    SELECT FROM pay.gateway_attempts a
    WHERE a.attempt_id = %s::text AND a.gateway = %s::text AND a.state = ANY (string_to_array(%s::text, ','))
) THEN %s::bigint END
ON CONFLICT (gateway, event_id) DO UPDATE SET deliveries = e.deliveries + 1,
    processed_at_us = coalesce(e.processed_at_us, excluded.processed_at_us)
RETURNING e.processed_at_us
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


class StoreEvent(Protocol):
    """`store`, as it may be replaced."""

    async def __call__(
        self,
        connection: Connection,
        gateway: str,
        told: ParsedEvent,
        body: bytes,
        now_us: int,
        *,
        idle_states: Sequence[str],
    ) -> int | None:
        """Store one delivery."""


async def store(
    connection: Connection, gateway: str, told: ParsedEvent, body: bytes, now_us: int, *, idle_states: Sequence[str]
) -> int | None:
    """Store one delivery; return when the event's effect was done, None when it still has to act.

    Most events tell what is known by then: one about no attempt, or about an attempt of this gateway that is in one of
    `idle_states`, has nothing to do, and is done (now) by being stored.
    """
    (processed_at_us,) = await connection.fetch(
        STORE,
        (
            gateway,
            told.event_id,
            told.type,
            body,
            now_us,
            told.idle,
            told.attempt_id,
            gateway,
            ",".join(idle_states),
            now_us,
        ),
    )
    return None if processed_at_us is None else int(processed_at_us)


async def pending(connection: Connection, received_until_us: int, *, limit: int = 200) -> list[Stored]:
    """Return stored events that have not acted yet and were received by then, oldest first."""
    cursor = await connection.execute(PENDING, (received_until_us, limit))
    return [Stored(row[0], row[1], bytes(row[2]), row[3]) for row in await cursor.fetchall()]


async def mark_done(connection: Connection, events: list[tuple[str, str]], now_us: int) -> None:
    """Note that these (gateway, event id) have acted, or have nothing to do."""
    if events:
        await connection.execute(DONE, (now_us, [item[0] for item in events], [item[1] for item in events]))
