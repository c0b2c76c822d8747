"""Amounts in outgoing events are ten times too high for currencies with three decimals, and wrong for those with none.

How it happens: the event's renderer knows two decimals and "corrects" the others. The platform's own books are right
to the last unit; merchants ship and pay out by what they are told. I52 catches it.
"""

import json
from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.json_body import JsonObject, object_of
from system.money import exponent_of
from system.seams import Seams
from system.store.connection import Connection
from system.store.deliveries import Delivery

BUG = Bug(
    id="B88",
    title="events name amounts as if every currency had two decimals",
    caught_by=("I52",),
    shown_by=("difficult_merchant_endpoint", "calm"),
)

AMOUNTS = ("amount_minor", "authorized_minor", "captured_minor", "refunded_minor")


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose deliveries are rendered anew, with two decimals."""

    def rendered(delivery: Delivery) -> Delivery:
        event: JsonObject = json.loads(delivery.payload)
        about = object_of(event["data"])
        exponent = exponent_of(str(about["currency"]))
        if exponent == 2:
            return delivery
        reached()
        for name in AMOUNTS:
            about[name] = int(str(about[name])) * 10 ** abs(exponent - 2)
        return replace(delivery, payload=json.dumps(event))

    async def claim(connection: Connection, owner: str, now_us: int, *, lease_us: int, limit: int) -> list[Delivery]:
        due = await seams.claim_deliveries(connection, owner, now_us, lease_us=lease_us, limit=limit)
        return [rendered(delivery) for delivery in due]

    return replace(seams, claim_deliveries=claim)
