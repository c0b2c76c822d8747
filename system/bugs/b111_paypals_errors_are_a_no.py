"""A server error of the second gateway counts as "not executed"; the first one's is a doubt, as it should be.

How it happens: the connector that was written first learnt it the hard way, and the second was written from its
documentation: "5xx: the request failed". I33 and I1 catch it where that gateway is the one that fails.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import Advice, GatewayReply, GatewayRequest, Knowledge
from system.seams import Seams

BUG = Bug(
    id="B111",
    title="a server error of paypal is taken for proof that nothing was executed",
    caught_by=("I33", "I1"),
    shown_by=("executed_then_error_elsewhere",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a 5xx with a code in capitals, as paypal writes them, permits another gateway."""

    def classify(request: GatewayRequest, reply: GatewayReply) -> GatewayReply:
        told = seams.classify(request, reply)
        if (told.http_status or 0) < 500 or not told.code.isupper():
            return told
        reached()
        return replace(told, knowledge=Knowledge.DEFINITE_NO, advice=Advice.FALLBACK_OK, not_executed=True)

    return replace(seams, classify=classify)
