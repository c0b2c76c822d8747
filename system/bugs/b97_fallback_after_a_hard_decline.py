"""Every decline is tried at the other gateway.

How it happens: "the fallback raises the acceptance rate" is measured on retryable declines, and the condition for it is
dropped. A stolen card is then shown to two acquirers, and who was told no may be charged. I57 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import GatewayReply, Knowledge
from system.seams import Seams

BUG = Bug(
    id="B97",
    title="a card that was declined for good is tried at the other gateway",
    caught_by=("I57",),
    shown_by=("declined_for_good",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which any definite no permits another gateway."""

    def may_fall_back(reply: GatewayReply) -> bool:
        legal = seams.may_fall_back(reply)
        if legal or reply.knowledge is not Knowledge.DEFINITE_NO:
            return legal
        reached()
        return True

    return replace(seams, may_fall_back=may_fall_back)
