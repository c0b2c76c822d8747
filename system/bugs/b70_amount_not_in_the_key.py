"""A key's payload is known again without its amount.

How it happens: the fingerprint is built from the reference and the customer, "which identify the order". The same key
with another amount is answered with the first payment. I9 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.json_body import JsonObject
from system.seams import Seams

BUG = Bug(
    id="B70",
    title="a replay for another amount under the same key is answered as the first one",
    caught_by=("I9",),
    shown_by=("calm", "odd_amounts"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which the amount is no part of what a key stands for."""

    def significant(fields: JsonObject) -> JsonObject:
        reached()
        return {name: value for name, value in fields.items() if name not in ("amount_minor",)}

    return replace(seams, significant=significant)
