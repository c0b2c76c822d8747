"""The deliveries' rows: claim what is due, write down what came of it. SQL only; nothing here talks to endpoints."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Protocol

from system.decisions.schedule import Verdict
from system.store.connection import Connection

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

FINISH = """
WITH tries AS (
    SELECT * FROM unnest(%(delivery_id)s::bigint[], %(event_id)s::text[], %(merchant_id)s::text[],
        %(sent_at_us)s::bigint[], %(done_at_us)s::bigint[], %(http_status)s::integer[], %(error)s::text[],
        %(state)s::text[], %(next_at_us)s::bigint[], %(detail)s::text[])
        AS t(delivery_id, event_id, merchant_id, sent_at_us, done_at_us, http_status, error, state, next_at_us, detail)
), logged AS (
    INSERT INTO pay.delivery_attempts (event_id, merchant_id, sent_at_us, http_status, error)
    SELECT event_id, merchant_id, sent_at_us, http_status, error FROM tries
), buried AS (
    INSERT INTO pay.audit (at_us, actor, action, object, outcome, origin, detail)
    SELECT done_at_us, 'worker', 'webhook_dead_letter', event_id, 'alert', 'webhooks', detail
    FROM tries WHERE state = 'dead'
)
UPDATE pay.webhook_deliveries d
SET state = CASE WHEN d.state = 'delivered' THEN d.state ELSE t.state END,
    attempts = d.attempts + 1, last_status = t.http_status, next_attempt_at_us = t.next_at_us,
    delivered_at_us = coalesce(d.delivered_at_us, CASE WHEN t.state = 'delivered' THEN t.done_at_us END),
    lease_owner = CASE WHEN d.lease_owner = %(owner)s THEN NULL ELSE d.lease_owner END
FROM tries t WHERE d.delivery_id = t.delivery_id
"""
"""Each try is logged, and a dead letter raises an alert in the audit. A delivery may occur once."""


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
    cursor = await connection.execute(CLAIM, parameters, prepare=True)
    return [Delivery(*row) for row in await cursor.fetchall()]


async def finish(connection: Connection, owner: str, tries: Sequence[Try]) -> None:
    """Write down the outcome of each try, all in one transaction; a dead letter also raises an alert in the audit."""
    rounds = _once_each(tries)
    async with nullcontext() if len(rounds) == 1 else connection.transaction():
        for some in rounds:
            await connection.execute(FINISH, {"owner": owner, **_columns(some)}, prepare=True)


def _once_each(tries: Sequence[Try]) -> list[list[Try]]:
    """Return the tries in their order, in rounds in which no delivery occurs twice: a statement changes a row once."""
    rounds: list[dict[int, Try]] = []
    for item in tries:
        number = item.delivery.delivery_id
        if free := next((some for some in rounds if number not in some), None):
            free[number] = item
        else:
            rounds.append({number: item})
    return [list(some.values()) for some in rounds]


def _columns(tries: Sequence[Try]) -> dict[str, list[object]]:
    return {
        "delivery_id": [item.delivery.delivery_id for item in tries],
        "event_id": [item.delivery.event_id for item in tries],
        "merchant_id": [item.delivery.merchant_id for item in tries],
        "sent_at_us": [item.sent_at_us for item in tries],
        "done_at_us": [item.done_at_us for item in tries],
        "http_status": [item.http_status for item in tries],
        "error": [item.error for item in tries],
        "state": [item.verdict.state for item in tries],
        "next_at_us": [item.next_at_us for item in tries],
        "detail": [_detail(item) for item in tries],
    }


def _detail(item: Try) -> str:
    delivery = item.delivery
    return f"{delivery.endpoint}: {delivery.tries + 1} tries, last {item.http_status or item.error}"
