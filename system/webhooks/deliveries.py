"""The deliveries' rows: claim what is due, write down what came of it. SQL only; nothing here talks to endpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from system.store.connection import Connection
from system.webhooks.schedule import Verdict

CLAIM = """
WITH due AS (
    SELECT d.delivery_id
    FROM pay.webhook_deliveries d JOIN pay.outbox o USING (event_id)
    WHERE d.state = 'pending' AND d.next_attempt_at_us <= %(now_us)s
      AND NOT EXISTS (
          SELECT 1 FROM pay.outbox earlier
          LEFT JOIN pay.webhook_deliveries waiting
            ON waiting.event_id = earlier.event_id AND waiting.endpoint = d.endpoint
          WHERE earlier.payment_id = o.payment_id AND earlier.sequence < o.sequence
            AND (earlier.state = 'pending' OR waiting.state = 'pending'))
    ORDER BY d.next_attempt_at_us LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE pay.webhook_deliveries d SET lease_owner = %(owner)s, next_attempt_at_us = %(lease_until_us)s
FROM due WHERE d.delivery_id = due.delivery_id
RETURNING d.delivery_id, d.event_id, d.merchant_id, d.endpoint, d.payload, d.correlation_id, d.attempts, d.created_at_us
"""

LOG_TRY = """
INSERT INTO pay.delivery_attempts (event_id, merchant_id, sent_at_us, http_status, error)
VALUES (%(event_id)s, %(merchant_id)s, %(sent_at_us)s, %(http_status)s, %(error)s)
"""

FINISH = """
UPDATE pay.webhook_deliveries
SET state = CASE WHEN state = 'delivered' THEN state ELSE %(state)s END,
    attempts = attempts + 1, last_status = %(http_status)s, next_attempt_at_us = %(next_at_us)s,
    delivered_at_us = coalesce(delivered_at_us, %(delivered_at_us)s),
    lease_owner = CASE WHEN lease_owner = %(owner)s THEN NULL ELSE lease_owner END
WHERE delivery_id = %(delivery_id)s
"""

BURY = """
INSERT INTO pay.audit (at_us, actor, action, object, outcome, origin, detail)
VALUES (%(at_us)s, 'worker', 'webhook_dead_letter', %(event_id)s, 'alert', 'webhooks', %(detail)s)
"""


@dataclass(frozen=True)
class Delivery:
    """One claimed delivery: an event's fixed `payload` for one `endpoint`; `tries` were already made."""

    delivery_id: int
    event_id: str
    merchant_id: str
    endpoint: str
    payload: str
    correlation_id: str
    tries: int
    created_at_us: int


@dataclass(frozen=True)
class Try:
    """What came of one try. `http_status` is None where no answer arrived; `error` then says why."""

    delivery: Delivery
    verdict: Verdict
    sent_at_us: int
    done_at_us: int
    http_status: int | None
    error: str | None
    next_at_us: int
    """When the next try is due, where there is one."""


class Claim(Protocol):
    """`claim`, as it may be replaced."""

    async def __call__(
        self, connection: Connection, owner: str, now_us: int, *, lease_us: int, limit: int
    ) -> list[Delivery]:
        """Lease deliveries that are due."""


async def claim(connection: Connection, owner: str, now_us: int, *, lease_us: int, limit: int) -> list[Delivery]:
    """Lease up to `limit` due deliveries to `owner`; a dead owner's lease runs out and the delivery is due again.

    A payment's event waits until the earlier ones of that payment are delivered or dead, so that each endpoint sees
    every payment's events in order.
    """
    parameters = {"owner": owner, "now_us": now_us, "lease_until_us": now_us + lease_us, "limit": limit}
    async with connection.transaction():
        cursor = await connection.execute(CLAIM, parameters)
        return [Delivery(*row) for row in await cursor.fetchall()]


async def finish(connection: Connection, owner: str, tries: Sequence[Try]) -> None:
    """Write down the outcome of each try, all in one transaction; a dead letter also raises an alert in the audit."""
    async with connection.transaction(), connection.cursor() as cursor:
        rows = [_row(owner, item) for item in tries]
        await cursor.executemany(LOG_TRY, rows)
        await cursor.executemany(FINISH, rows)
        dead = [row for row in rows if row["state"] == "dead"]
        if dead:
            await cursor.executemany(BURY, dead)


def _row(owner: str, item: Try) -> dict[str, str | int | None]:
    delivery, verdict = item.delivery, item.verdict
    return {
        "owner": owner,
        "delivery_id": delivery.delivery_id,
        "event_id": delivery.event_id,
        "merchant_id": delivery.merchant_id,
        "sent_at_us": item.sent_at_us,
        "http_status": item.http_status,
        "error": item.error,
        "state": verdict.state,
        "next_at_us": item.next_at_us,
        "delivered_at_us": item.done_at_us if verdict.state == "delivered" else None,
        "at_us": item.done_at_us,
        "detail": f"{delivery.endpoint}: {delivery.tries + 1} tries, last {item.http_status or item.error}",
    }
