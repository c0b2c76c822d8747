"""Cancel by key: the one way to make sure that a call which nobody can find never happens."""

from system.breakers.shared import class_of
from system.clock import shared_us
from system.core.policies import combine
from system.gateway import KEY_USED, Advice, GatewayReply, Knowledge, Phase
from system.platform import Platform
from system.worker.attempts import Claimed

BREAKER_OPEN = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.REFUSED, code="breaker_open")
KEY_TOO_OLD = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.REFUSED, code="key_too_old")


async def cancel_key(platform: Platform, claimed: Claimed) -> tuple[GatewayReply, str]:
    """Ask the attempt's gateway to cancel its key; return what that proves, and the evidence's name.

    UNKNOWN, and nothing asked, where it would prove nothing: a gateway that has forgotten a key acknowledges anything,
    so only one that surely remembers it is asked. A key that has been used is asked for what became of it instead: a
    re-send is then answered from the gateway's memory.
    """
    if (shared_us() - claimed.since_us) / 1e6 >= platform.key_memory_s(claimed.gateway):
        return KEY_TOO_OLD, "cancel"
    permit = await platform.breakers.acquire(claimed.gateway, class_of(claimed.request.kind))
    if permit is None:
        return BREAKER_OPEN, "cancel"
    connector, request = platform.connectors[claimed.gateway], claimed.request_for(1, platform.seams)
    reply, evidence = await connector.cancel_key(request), "cancel"
    if reply.code == KEY_USED:
        reply, evidence = combine(reply, await connector.resend(request)), "resend"
    await platform.breakers.settle(permit, failed=reply.failure)
    return reply, evidence
