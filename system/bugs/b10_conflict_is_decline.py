"""409 "this key is in use" is taken for a decline.

How it happens: the connector maps every 4xx to "the gateway said no". But 409 says that the first request with this
key is still running, and it may well succeed. I5 and I3 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.gateway import Advice, GatewayReply, GatewayRequest, Knowledge
from system.seams import Seams

BUG = Bug(
    id="B10",
    title="409 from a gateway is mapped to a decline",
    caught_by=("I5", "I3"),
    shown_by=("late_success_after_fallback",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams whose classifier calls a conflict a definite no."""

    def classify(request: GatewayRequest, reply: GatewayReply) -> GatewayReply:
        sound = seams.classify(request, reply)
        if sound.http_status != 409:
            return sound
        reached()
        return replace(sound, knowledge=Knowledge.DEFINITE_NO, advice=Advice.NONE, not_executed=False)

    return replace(seams, classify=classify)
