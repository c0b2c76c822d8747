"""An answered server error counts as "not executed".

How it happens: the HTTP client's `raise_for_status()` puts a 500 beside a refused connection, and one handler for both
takes the next gateway. But whoever answers has read the request: the money may have moved. I33 and I1 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import Advice, GatewayReply, GatewayRequest, Knowledge
from system.seams import Seams

BUG = Bug(
    id="B93",
    title="an answered server error is taken for proof that nothing was executed",
    caught_by=("I33", "I1"),
    shown_by=("executed_then_error", "executed_then_error_elsewhere"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which a 5xx is a definite no that permits another gateway."""

    def classify(request: GatewayRequest, reply: GatewayReply) -> GatewayReply:
        told = seams.classify(request, reply)
        if (told.http_status or 0) < 500:
            return told
        reached()
        return replace(told, knowledge=Knowledge.DEFINITE_NO, advice=Advice.FALLBACK_OK, not_executed=True)

    return replace(seams, classify=classify)
