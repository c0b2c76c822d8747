"""What a gateway's verified event changes about the attempt it speaks of. Pure."""

from functools import cache
from typing import Literal

from system.gateway import Knowledge

Reaction = Literal["ignore", "defer", "record"]

_UNSETTLED = frozenset({"prepared", "dispatched"})
_OPEN = frozenset({"unknown", "manual", "requires_action"})
_YES = frozenset({"succeeded", "reversed"})
_NO = frozenset({"declined", "not_executed"})


def react(state: str, knowledge: Knowledge) -> Reaction:
    """Return what to do with `knowledge` about an attempt in `state`.

    Whoever sent a call that is still under way records its outcome; the event waits. An unknown takes what it is told.
    A decided attempt never goes back, whatever a late or reordered event says; but a success of an attempt that was
    taken for a "no" is new evidence of money that moved, and must be recorded (and is then reversed), never ignored.
    """
    if knowledge is Knowledge.UNKNOWN:
        return "ignore"
    if state in _UNSETTLED:
        return "defer"
    if state in _OPEN:
        return "record"
    return "record" if state in _NO and knowledge is Knowledge.DEFINITE_YES else "ignore"


@cache
def idle(knowledge: Knowledge) -> tuple[str, ...]:
    """Return the states of an attempt in which `knowledge` about it changes nothing."""
    return tuple(state for state in sorted(_UNSETTLED | _OPEN | _YES | _NO) if react(state, knowledge) == "ignore")
