"""Idempotency keys are unique over all merchants together.

How it happens: the key column got the unique index, and the merchant was forgotten. Two merchants that both number
their orders share a key: one is refused, or gets the other's reply. I11 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams

BUG = Bug(
    id="B14",
    title="idempotency keys without tenant scope",
    caught_by=("I11",),
    shown_by=("calm",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams with one scope for everybody."""

    def key_scope(merchant_id: str) -> str:
        reached()
        return "everybody"

    return replace(seams, key_scope=key_scope)
