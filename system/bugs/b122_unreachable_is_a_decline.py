"""A gateway that refuses connections counts as one that declined.

How it happens: "any definite no is a decline" is written where the outcome becomes a state, and whether the no came
from a gateway or from the network is forgotten. Shoppers are told that their bank said no. I63 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import GatewayReply, Knowledge
from system.seams import Seams
from system.states import AttemptState

BUG = Bug(
    id="B122",
    title="a gateway that cannot be reached counts as one that declined",
    caught_by=("I63",),
    shown_by=("primary_gateway_outage",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which every definite no is a decline."""

    def attempt_state(reply: GatewayReply) -> AttemptState:
        state = seams.attempt_state(reply)
        if state is not AttemptState.NOT_EXECUTED or reply.knowledge is not Knowledge.DEFINITE_NO:
            return state
        reached()
        return AttemptState.DECLINED

    return replace(seams, attempt_state=attempt_state)
