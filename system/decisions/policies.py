"""The sound decisions of the core, each a small pure function."""

import random
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace

from system.gateway import AUTHENTICATION_REQUIRED, Advice, GatewayReply, GatewayRequest, Kind, Knowledge, Phase
from system.json_body import JsonObject
from system.states import AttemptState

NOTHING_WRITTEN = frozenset({Phase.REFUSED, Phase.CONNECT_TIMEOUT})

UNDO = {Kind.SALE: Kind.REFUND, Kind.CAPTURE: Kind.REFUND, Kind.AUTHORIZE: Kind.VOID}
"""How a success that came too late is undone; a late void or refund has no inverse and goes to people."""


def tenant_scope(merchant_id: str) -> str:
    """An idempotency key is unique within its merchant."""
    return merchant_id


def every_field(fields: JsonObject) -> JsonObject:
    """Two requests under one key are the same only if every field of them is."""
    return fields


def gateway_key(attempt_id: str, send: int) -> str:
    """The key at the gateway: one for each attempt, the same for each of its sends."""
    return attempt_id


def keep_reply(request: GatewayRequest, reply: GatewayReply) -> GatewayReply:
    """The connector's classification stands, except that a success must be for what was asked."""
    return reply


def nothing_held(database: object, request: GatewayRequest, resend: bool) -> AbstractAsyncContextManager[None]:
    """While a gateway is waited for neither a transaction nor a connection is held: it may take all of its time."""
    return nullcontext()


def attempt_state(reply: GatewayReply) -> AttemptState:
    """The attempt's state after a reply: no answer is 'unknown', never 'declined'."""
    if reply.knowledge is Knowledge.DEFINITE_YES:
        return AttemptState.SUCCEEDED
    if reply.knowledge is Knowledge.UNKNOWN:
        return AttemptState.REQUIRES_ACTION if reply.code == AUTHENTICATION_REQUIRED else AttemptState.UNKNOWN
    unsent = reply.not_executed or reply.phase in NOTHING_WRITTEN
    return AttemptState.NOT_EXECUTED if unsent else AttemptState.DECLINED


def may_fall_back(reply: GatewayReply) -> bool:
    """Another gateway is legal only after proven non-execution or a decline that the gateway calls retryable."""
    if reply.knowledge is not Knowledge.DEFINITE_NO:
        return False
    return reply.not_executed or reply.phase in NOTHING_WRITTEN or reply.advice is Advice.FALLBACK_OK


def combine(earlier: GatewayReply, later: GatewayReply) -> GatewayReply:
    """What two sends of one attempt tell together.

    After a send whose effect is unknown, a later send that provably did nothing, or was rejected with an alarm (a
    rotated key, for example), proves nothing about the first; only an answer of the gateway about that key (a success,
    or a decline) does.
    """
    if earlier.knowledge is not Knowledge.UNKNOWN:
        return later
    if attempt_state(later) is AttemptState.NOT_EXECUTED:
        return earlier
    if later.knowledge is Knowledge.DEFINITE_NO and later.advice is Advice.ALARM:
        return replace(later, knowledge=Knowledge.UNKNOWN, advice=Advice.QUERY)
    return later


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Re-sends of one call under its own key, in one layer only. Pauses in seconds, full jitter."""

    max_sends: int
    budget_share: float
    """Re-sends allowed as a share of first sends."""
    base_s: float = 0.05
    cap_s: float = 0.4

    def wants_resend(self, reply: GatewayReply, sends: int) -> bool:
        """Whether this reply asks for the same call again at once (a timeout does not: the resolver has time)."""
        return sends < self.max_sends and reply.advice is Advice.RETRY_SAME_KEY

    def pause_s(self, sends: int, chance: random.Random) -> float:
        """The pause before the next send."""
        return chance.uniform(0, min(self.cap_s, self.base_s * 2**sends))

    def within_budget(self, tokens: float) -> bool:
        """Whether the budget still has a whole token."""
        return tokens >= 1
