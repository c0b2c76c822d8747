"""The resolver re-sends for as long as an attempt is unknown, whether or not its gateway still knows the key.

How it happens: "re-sending under the same key is safe" is true for as long as the gateway remembers the key, and the
horizon of the redrive job comes from a table of its own. After the gateway has forgotten, the same bytes are a new
charge. I1 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.resolving import Facts, Limits, Step
from system.seams import Seams

BUG = Bug(
    id="B13",
    title="unknown attempts are re-sent beyond the gateway's memory of their keys",
    caught_by=("I1",),
    shown_by=("keys_outlived",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose resolver believes that keys are remembered for ever."""

    def decide(facts: Facts, limits: Limits) -> Step:
        step = seams.decide(facts, replace(limits, resend_within_s=float("inf")))
        if step.action == "resend" and facts.age_s >= limits.resend_within_s:
            reached()
        return step

    return replace(seams, decide=decide)
