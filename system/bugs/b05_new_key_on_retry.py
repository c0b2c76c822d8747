"""Every re-send carries a new idempotency key at the gateway.

How it happens: the key is made where the HTTP request is built (`uuid4()` in the client wrapper), inside the retry
loop instead of outside it. The gateway sees a new charge each time. I1 catches it when an answer was lost.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams

BUG = Bug(
    id="B05",
    title="a new gateway key on every retry",
    caught_by=("I1",),
    shown_by=("answer_lost",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which the key depends on the number of the send."""

    def gateway_key(attempt_id: str, send: int) -> str:
        if send <= 1:
            return seams.gateway_key(attempt_id, send)
        reached()
        return f"{attempt_id}-{send}"

    return replace(seams, gateway_key=gateway_key, recovery_key=gateway_key)
