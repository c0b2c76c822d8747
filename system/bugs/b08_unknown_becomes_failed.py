"""An unknown outcome becomes a failure after a few polls that brought nothing.

How it happens: a clean-up job closes "stuck" payments, because open ones disturb a report. The money was taken, the
customer is told that it was not, and the success arrives by webhook later. I5, I4 and I18 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.decisions.resolving import Facts, Limits, Step, concluded
from system.seams import Seams
from system.states import AttemptState, Evidence

BUG = Bug(
    id="B08",
    title="an unknown becomes failed after two polls",
    caught_by=("I5", "I4", "I18"),
    shown_by=("answer_lost",),
)

POLLS = 2


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose resolver gives up, and calls that a decline."""

    def decide(facts: Facts, limits: Limits) -> Step:
        if facts.state is not AttemptState.UNKNOWN or facts.checks < POLLS:
            return seams.decide(facts, limits)
        reached()
        return concluded(AttemptState.DECLINED, Evidence.RESOLVE_LIMIT)

    return replace(seams, decide=decide)
