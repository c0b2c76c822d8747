"""What a gateway's verified event changes about the attempt it speaks of. Pure."""

from enum import StrEnum
from functools import cache

from system.gateway import Knowledge
from system.states import NO, AttemptState


class Reaction(StrEnum):
    """What is done about an event."""

    IGNORE = "ignore"
    DEFER = "defer"
    """It has to be acted on later."""
    RECORD = "record"


_UNSETTLED = frozenset({AttemptState.PREPARED, AttemptState.DISPATCHED})
_OPEN = frozenset({AttemptState.UNKNOWN, AttemptState.MANUAL, AttemptState.REQUIRES_ACTION})
_NO = frozenset(NO)


def react(state: AttemptState, knowledge: Knowledge) -> Reaction:
    """Return what to do with `knowledge` about an attempt in `state`.

    Whoever sent a call that is still under way records its outcome; the event waits. An unknown takes what it is told.
    A decided attempt never goes back, whatever a late or reordered event says; but a success of an attempt that was
    taken for a "no" is new evidence of money that moved, and must be recorded (and is then reversed), never ignored.
    """
    if knowledge is Knowledge.UNKNOWN:
        return Reaction.IGNORE
    if state in _UNSETTLED:
        return Reaction.DEFER
    if state in _OPEN:
        return Reaction.RECORD
    return Reaction.RECORD if state in _NO and knowledge is Knowledge.DEFINITE_YES else Reaction.IGNORE


@cache
def idle(knowledge: Knowledge) -> tuple[AttemptState, ...]:
    """Return the states of an attempt in which `knowledge` about it changes nothing."""
    return tuple(state for state in AttemptState if react(state, knowledge) is Reaction.IGNORE)
