"""Cancel by key: the one way to make sure that a call which nobody can find never happens."""

from system.breakers.shared import class_of
from system.clock import shared_us
from system.platform import Platform
from system.ports import Advice, GatewayReply, Knowledge, Phase
from system.worker.attempts import Claimed
from system.worker.resolving import KEY_MEMORY_S

BREAKER_OPEN = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.REFUSED, code="breaker_open")
KEY_TOO_OLD = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.REFUSED, code="key_too_old")


async def cancel_key(platform: Platform, claimed: Claimed) -> GatewayReply:
    """Ask the attempt's gateway to cancel its key; UNKNOWN, and nothing asked, where that would prove nothing.

    A gateway that has forgotten a key acknowledges anything: only one that surely remembers it is asked.
    """
    memory_s = KEY_MEMORY_S.get(claimed.gateway, 3600.0)
    if (shared_us() - claimed.since_us) / 1e6 >= memory_s:
        return KEY_TOO_OLD
    permit = await platform.breakers.acquire(claimed.gateway, class_of(claimed.request.kind))
    if permit is None:
        return BREAKER_OPEN
    reply = await platform.connectors[claimed.gateway].cancel_key(claimed.request_for(1, platform.seams))
    await platform.breakers.settle(permit, failed=reply.failure)
    return reply
