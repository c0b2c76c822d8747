"""Why a re-send proves less than a first send, and a failed lookup nothing."""

from dataclasses import replace

from system.gateway import Advice, GatewayReply, Knowledge


def resent(reply: GatewayReply) -> GatewayReply:
    """Return what the reply to a re-send proves about the operation.

    That this time nothing was sent, or that it was turned away at the door (a rotated key, a request that is nonsense
    by now), says nothing about the time before: such a reply is UNKNOWN. A decline is an answer about the key.
    """
    if not (reply.not_executed or rejected(reply)):
        return reply
    return replace(reply, knowledge=Knowledge.UNKNOWN, advice=Advice.QUERY, not_executed=False)


def rejected(reply: GatewayReply) -> bool:
    """Tell whether the gateway turned the call away without looking at what its key had done before."""
    return reply.knowledge is Knowledge.DEFINITE_NO and reply.advice is Advice.ALARM


def inconclusive(reply: GatewayReply) -> GatewayReply:
    """Return how a lookup failed; whatever was answered to the lookup, it says nothing about the call in question."""
    return replace(reply, knowledge=Knowledge.UNKNOWN, advice=Advice.QUERY, not_executed=False)
