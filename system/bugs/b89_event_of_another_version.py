"""An event says what the payment is when it is sent, not what it was when it happened.

How it happens: the outbox keeps an id, and the worker loads the payment to render it. Whatever changed in between is
told under the older event's number, and told twice. I52 catches it.
"""

import json
from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.store.connection import Connection
from system.store.deliveries import Delivery

BUG = Bug(
    id="B89",
    title="events tell the payment as it is when they are sent",
    caught_by=("I52",),
    shown_by=("difficult_merchant_endpoint",),
)

NOW = """
SELECT json_build_object('status', p.status, 'captured_minor', p.captured_minor,
    'refunded_minor', p.refunded_minor)::text
FROM pay.payments p WHERE p.payment_id = %s
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose deliveries are rendered from the payment's present row."""

    async def rendered(connection: Connection, delivery: Delivery) -> Delivery:
        event = json.loads(delivery.payload)
        (now,) = await connection.fetch(NOW, (event["payment_id"],))
        about = {**event["data"], **json.loads(now)}
        if about == event["data"]:
            return delivery
        reached()
        return replace(delivery, payload=json.dumps({**event, "data": about}))

    async def claim(connection: Connection, owner: str, now_us: int, *, lease_us: int, limit: int) -> list[Delivery]:
        due = await seams.claim_deliveries(connection, owner, now_us, lease_us=lease_us, limit=limit)
        return [await rendered(connection, delivery) for delivery in due]

    return replace(seams, claim_deliveries=claim)
