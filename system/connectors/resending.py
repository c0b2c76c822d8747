"""Why a re-send proves less than a first send, and a failed lookup nothing."""

from dataclasses import replace

from system.ports import Advice, GatewayReply, Knowledge


def resent(reply: GatewayReply) -> GatewayReply:
    """Return what the reply to a re-send proves about the operation.

    That this time nothing was sent says nothing about the time before: such a reply is UNKNOWN.
    """
    if not reply.not_executed:
        return reply
    return replace(reply, knowledge=Knowledge.UNKNOWN, advice=Advice.QUERY, not_executed=False)


def inconclusive(reply: GatewayReply) -> GatewayReply:
    """Return how a lookup failed; whatever was answered to the lookup, it says nothing about the call in question."""
    return replace(reply, knowledge=Knowledge.UNKNOWN, advice=Advice.QUERY, not_executed=False)
