"""Any error of the primary gateway leads to the other one, and the timed-out attempt is marked as not executed.

How it happens: `except Exception: try the next gateway`. A timeout looks like a refusal to such code, yet the first
gateway may have taken the money and answers a moment later. I1, I33 and I4 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import GatewayReply, Knowledge
from system.seams import Seams
from system.states import AttemptState

BUG = Bug(
    id="B07",
    title="fallback on any error; the timed-out attempt is marked as failed",
    caught_by=("I1", "I33", "I4"),
    shown_by=("late_success_after_fallback",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that take silence for a refusal."""

    def attempt_state(reply: GatewayReply) -> AttemptState:
        return AttemptState.NOT_EXECUTED if reply.knowledge is Knowledge.UNKNOWN else seams.attempt_state(reply)

    def may_fall_back(reply: GatewayReply) -> bool:
        if reply.knowledge is not Knowledge.UNKNOWN:
            return seams.may_fall_back(reply)
        reached()
        return True

    return replace(seams, attempt_state=attempt_state, may_fall_back=may_fall_back)
