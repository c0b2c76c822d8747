"""Cancel by key: the one way to make sure that a call which nobody can find never happens."""

from system.breakers import class_of
from system.clock import shared_us
from system.decisions.policies import combine
from system.gateway import KEY_USED, Advice, GatewayReply, Knowledge, Phase
from system.platform import Platform
from system.states import Evidence
from system.store.attempts import Attempt

BREAKER_OPEN = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.REFUSED, code="breaker_open")
KEY_TOO_OLD = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.REFUSED, code="key_too_old")


async def cancel_key(platform: Platform, attempt: Attempt) -> tuple[GatewayReply, Evidence]:
    """Ask the attempt's gateway to cancel its key; return what that proves, and as what evidence.

    UNKNOWN, and nothing asked, where it would prove nothing: a gateway that has forgotten a key acknowledges anything,
    so only one that surely remembers it is asked. A key that has been used is asked for what became of it instead: a
    re-send is then answered from the gateway's memory.
    """
    if (shared_us() - attempt.since_us) / 1e6 >= platform.key_memory_s(attempt.gateway):
        return KEY_TOO_OLD, Evidence.CANCEL
    permit = await platform.breakers.acquire(attempt.gateway, class_of(attempt.request.kind))
    if permit is None:
        return BREAKER_OPEN, Evidence.CANCEL
    connector = platform.connectors[attempt.gateway]
    request = attempt.request_under(platform.seams.recovery_key(attempt.request.attempt_id, 1))
    reply, evidence = await connector.cancel_key(request), Evidence.CANCEL
    if reply.code == KEY_USED:
        reply, evidence = combine(reply, await connector.resend(request)), Evidence.RESEND
    await platform.breakers.settle(permit, failed=reply.failure)
    return reply, evidence
