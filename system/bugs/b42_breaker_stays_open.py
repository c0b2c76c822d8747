"""A breaker that opened never half-opens.

How it happens: the probe's place is taken by a call that hangs and is never given back, or the timer that should
half-open the breaker is reset by every refused call. The gateway recovers; traffic never returns. I35 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.breaker_window import BreakerView
from system.seams import Seams

BUG = Bug(
    id="B42",
    title="the breaker never half-opens",
    caught_by=("I35",),
    shown_by=("primary_gateway_outage",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which no probe is ever due."""

    def may_probe(view: BreakerView, now_us: int) -> bool:
        if seams.may_probe(view, now_us):
            reached()
        return False

    return replace(seams, may_probe=may_probe)
