"""The recovery worker sends an unknown attempt again under a new idempotency key.

How it happens: recovery is written later, by other people, as "try the payment again", and builds its request from the
operation instead of from the attempt that was sent. The gateway sees a new charge. It shows when a replica dies after
the gateway took the money and before that was written down. I1 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams

BUG = Bug(
    id="B50",
    title="the recovery worker re-sends under a new key",
    caught_by=("I1", "I33", "I16"),
    shown_by=("api_killed_between_charge_and_record",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which whoever recovers an attempt makes a key of its own."""

    def recovery_key(attempt_id: str, send: int) -> str:
        reached()
        return f"{seams.recovery_key(attempt_id, send)}-recovery-{send}"

    return replace(seams, recovery_key=recovery_key)
