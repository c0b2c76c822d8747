"""Declines count as failures of the gateway.

How it happens: the breaker is told `ok = status < 400`. In a campaign with many bad cards, or a storm of fraud, the
gateway looks broken, and its breaker turns good cards away. I35 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import GatewayReply, GatewayRequest, Knowledge, Phase
from system.seams import Seams

BUG = Bug(
    id="B98",
    title="declines open the breaker",
    caught_by=("I35",),
    shown_by=("declined_for_good",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a decline is a failure."""

    def classify(request: GatewayRequest, reply: GatewayReply) -> GatewayReply:
        told = seams.classify(request, reply)
        declined = told.knowledge is Knowledge.DEFINITE_NO and told.phase is Phase.ANSWERED
        if not declined or told.failure:
            return told
        reached()
        return replace(told, failure=True)

    return replace(seams, classify=classify)
