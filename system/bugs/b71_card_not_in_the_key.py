"""A key's payload is known again without its payment method and capture mode.

How it happens: "how it is paid" is taken for a detail that a retry may change. The second card is never charged, and
its holder is told that it was. I9 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.json_body import JsonObject
from system.seams import Seams

BUG = Bug(
    id="B71",
    title="a replay with another card or capture mode under the same key is answered as the first one",
    caught_by=("I9",),
    shown_by=("calm", "odd_amounts"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which how it is paid is no part of what a key stands for."""

    def significant(fields: JsonObject) -> JsonObject:
        reached()
        return {name: value for name, value in fields.items() if name not in ("payment_method", "capture")}

    return replace(seams, significant=significant)
