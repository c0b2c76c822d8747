"""What to do next about an attempt whose outcome nobody knows: a pure decision, so that it can be read as a table.

The order is: say it again under the same gateway key (a gateway that knows the key answers with what it did); look it
up by our own ids; and, when neither has answered for the whole limit, hand it to people. Time alone never turns an
unknown into a failure, and neither does a lookup that finds nothing, because search indexes lag.
"""

from dataclasses import dataclass
from enum import StrEnum

from system.gateway import GatewayReply
from system.states import AttemptState, Evidence


class Action(StrEnum):
    """What the resolver does next."""

    WAIT = "wait"
    SEND = "send"
    RESEND = "resend"
    LOOKUP = "lookup"
    CANCEL = "cancel"
    """Tell the gateway that its key is not wanted any more."""
    ABANDON = "abandon"
    """Tell the gateway that nobody waits for the payer any more."""
    CONCLUDE = "conclude"


CANCEL_AFTER_SHARE = 0.5
"""Of the patience with an unknown: after that, asking again has had its chance, and canceling the key gets one."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the platform knows by itself about an attempt: its new state, and what proves it."""

    state: AttemptState
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `conclusion` goes with `conclude` alone."""

    action: Action
    conclusion: Conclusion | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one attempt that is due for a look (its owner's time is over).

    `reversal`: it undoes a late success, so the resolver itself sends it; `age_s`: seconds since it was dispatched (or
    prepared); `overdue_s`: seconds since the moment that its client was told as the payer's last, negative before it;
    `checks`: steps already taken by the resolver; `misses`: lookups among them that found nothing, over `missing_s`
    seconds.
    """

    state: AttemptState
    reversal: bool = False
    age_s: float = 0.0
    overdue_s: float = 0.0
    checks: int = 0
    misses: int = 0
    missing_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """When patience ends, in seconds of `Facts.age_s` (of `Facts.overdue_s` where a payer was asked).

    `resend_within_s`: how long the gateway surely remembers the key (a re-send after that could charge again);
    `manual_after_s`: when people take over; `misses_enough` over `missing_long_s` (more than timeout and search lag):
    how much of not finding it makes canceling its key worth trying.
    """

    resend_within_s: float
    manual_after_s: float
    misses_enough: int = 3
    missing_long_s: float = 4.0

    @property
    def cancel_from_s(self) -> float:
        """From which age on an unknown's key may be canceled."""
        return CANCEL_AFTER_SHARE * min(self.resend_within_s, self.manual_after_s)


def concluded(state: AttemptState, evidence: Evidence) -> Step:
    """The step that records what follows from the platform's own knowledge."""
    return Step(Action.CONCLUDE, Conclusion(state, evidence))


WAIT = Step(Action.WAIT)
SEND = Step(Action.SEND)
RESEND = Step(Action.RESEND)
LOOKUP = Step(Action.LOOKUP)
CANCEL = Step(Action.CANCEL)
ABANDON = Step(Action.ABANDON)


def decide(facts: Facts, limits: Limits) -> Step:
    """Return the next step for one attempt.

    A prepared attempt that nobody dispatched has sent nothing: it may be closed as not executed (the dispatch stamp is
    conditional on `prepared`, so a slow owner cannot send it afterwards). A dispatched one may have been executed: it
    becomes unknown. Unknown ones alternate re-send and lookup until people take over; late in that time, one that many
    lookups did not find has its key canceled instead of being looked up once more.
    """
    if facts.state is AttemptState.PREPARED:
        return SEND if facts.reversal else concluded(AttemptState.NOT_EXECUTED, Evidence.UNDISPATCHED)
    if facts.state is AttemptState.DISPATCHED:
        return concluded(AttemptState.UNKNOWN, Evidence.OWNER_GONE)
    if facts.state is AttemptState.REQUIRES_ACTION:
        return _of_payer(facts, limits)
    if facts.state is not AttemptState.UNKNOWN:
        return WAIT
    if facts.age_s >= limits.manual_after_s:
        return concluded(AttemptState.MANUAL, Evidence.RESOLVE_LIMIT)
    may_resend = facts.age_s < limits.resend_within_s
    if may_resend and facts.checks % 2 == 0:
        return RESEND
    missed = facts.misses >= limits.misses_enough and facts.missing_s >= limits.missing_long_s
    late = facts.age_s >= limits.cancel_from_s
    # What undoes a late success must be done, not prevented.
    return CANCEL if may_resend and missed and late and not facts.reversal else LOOKUP


def _of_payer(facts: Facts, limits: Limits) -> Step:
    """A payer who is asked has time; then the gateway is told that nobody waits any more, and only its word ends it.

    Telling it and looking alternate: the answer to the cancellation may be lost, or be an error that the gateway
    repeats from its memory for ever, and then the intent itself says what became of it.
    """
    if facts.overdue_s < 0:
        return LOOKUP
    if facts.overdue_s >= limits.manual_after_s:
        return concluded(AttemptState.MANUAL, Evidence.RESOLVE_LIMIT)
    return ABANDON if facts.checks % 2 == 0 else LOOKUP


def read_miss(misses: int, window_s: float) -> GatewayReply | None:
    """Return what `misses` lookups over `window_s` seconds that found nothing prove: nothing (None)."""
    return None
