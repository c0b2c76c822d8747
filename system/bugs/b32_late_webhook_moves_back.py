"""A late webhook moves a payment back: the handler writes the status that the event tells.

How it happens: `payment.status = event.object.status` is right as long as events come in order. They do not: what was
held back or sent again comes after the capture or the refund. I18 and I26 catch it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import ParsedEvent
from system.seams import Seams
from system.store.connection import Connection

BUG = Bug(
    id="B32",
    title="a late webhook moves the payment back",
    caught_by=("I26", "I18"),
    shown_by=("webhooks_unasked",),
)

MOVE_BACK = """
WITH moved AS (
    UPDATE pay.payments p SET status = %s FROM pay.gateway_attempts a
    WHERE a.attempt_id = %s AND a.payment_id = p.payment_id AND p.status = ANY (%s) RETURNING 1
) SELECT count(*) FROM moved
"""

STATUS = {
    "payment_intent.amount_capturable_updated": ("authorized", ["captured", "partially_refunded", "refunded"]),
    "payment_intent.succeeded": ("captured", ["partially_refunded", "refunded"]),
}


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which an event's word is the payment's status, whatever came before."""

    async def store_event(
        connection: Connection, gateway: str, told: ParsedEvent, body: bytes, now_us: int, *, idle_states: Sequence[str]
    ) -> int | None:
        done_at_us = await seams.store_event(connection, gateway, told, body, now_us, idle_states=idle_states)
        if told.type in STATUS:
            status, later = STATUS[told.type]
            (moved,) = await connection.fetch(MOVE_BACK, (status, told.attempt_id, later))
            for _ in range(moved):
                reached()
        return done_at_us

    return replace(seams, store_event=store_event)
