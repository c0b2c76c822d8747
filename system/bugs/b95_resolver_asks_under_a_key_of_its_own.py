"""Once the first re-send was answered with an error as well, the resolver goes on under a key of its own.

How it happens: a remembered error is "stuck", and a runbook's advice (take a fresh key) was built into the job that
clears what is stuck. The first request was executed, and so is this one. I55 catches it, and I1 the money.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams

BUG = Bug(
    id="B95",
    title="the resolver frees a stuck attempt by a key of its own",
    caught_by=("I55", "I1"),
    shown_by=("executed_then_error",),
)

STUCK_AFTER_SENDS = 3


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which late re-sends by the resolver carry another key."""

    def recovery_key(attempt_id: str, send: int) -> str:
        if send < STUCK_AFTER_SENDS:
            return seams.recovery_key(attempt_id, send)
        reached()
        return f"{attempt_id}-freed"

    return replace(seams, recovery_key=recovery_key)
