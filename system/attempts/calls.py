"""One gateway call, observed: classified, timed, counted; and its re-sends within the retry budget."""

import asyncio
import random
import time
from dataclasses import replace

from system import crashpoints
from system.breakers import DATABASE_TROUBLE, Permit, class_of
from system.clock import in_us, shared_us
from system.connectors.connector import send
from system.decisions.policies import combine
from system.gateway import GatewayReply, GatewayRequest
from system.platform import Platform
from system.store.record import count_resend

BUDGET_CAP = 10.0
BUDGET_START = 2.0


class RetryBudget:
    """Tokens for re-sends: every first send earns a share of one, so re-sends stay that share of all calls."""

    def __init__(self, share: float) -> None:
        self._share = share
        self.tokens = BUDGET_START

    def earn(self) -> None:
        """A first send was made."""
        self.tokens = min(BUDGET_CAP, self.tokens + self._share)

    def spend(self) -> None:
        """A re-send is made."""
        self.tokens -= 1


async def call(platform: Platform, request: GatewayRequest, gateway: str, *, resend: bool) -> GatewayReply:
    """Make one call to ``gateway`` and classify what came back. A slow answer counts against the breaker."""
    connector = platform.connectors[gateway]
    started = time.perf_counter()
    async with platform.seams.around_call(platform.database, request, resend):
        raw = await (connector.resend(request) if resend else send(connector, request))
    seconds = time.perf_counter() - started
    reply = platform.seams.classify(request, raw)
    if seconds > platform.settings.gateway_slow_s and not reply.failure:
        reply = replace(reply, failure=True)
    platform.metrics.call(gateway, request.kind, reply.knowledge, seconds, reply.failure)
    if reply.failure or reply.code:
        platform.log.warning(
            "gateway_call",
            correlation_id=request.correlation_id,
            gateway=gateway,
            kind=request.kind,
            operation_id=request.operation_id,
            attempt_id=request.attempt_id,
            knowledge=reply.knowledge,
            phase=reply.phase,
            http_status=reply.http_status,
            code=reply.code,
            latency_ms=round(seconds * 1000, 1),
        )
    return reply


class Caller:
    """Sends an attempt, and re-sends it under its own key while policy, budget and breaker allow."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._budget = RetryBudget(platform.seams.retry.budget_share)
        self._chance = random.Random()

    async def send_attempt(self, request: GatewayRequest, permit: Permit) -> GatewayReply:
        """The attempt's combined reply. The breaker is told about every single call."""
        platform = self._platform
        policy = platform.seams.retry
        self._budget.earn()
        reply = await call(platform, request, permit.gateway, resend=False)
        crashpoints.reach(crashpoints.GATEWAY_ANSWERED)
        await platform.breakers.settle(permit, failed=reply.failure)
        sends = 1
        while policy.wants_resend(reply, sends):
            if not policy.within_budget(self._budget.tokens):
                platform.metrics.retries_refused.inc()
                break
            if not platform.breakers.is_closed(permit.gateway, class_of(request.kind)):
                break
            self._budget.spend()
            await asyncio.sleep(policy.pause_s(sends, self._chance))
            sends += 1
            if not await self._may_still_send(request):
                break
            crashpoints.reach(crashpoints.RESEND_COUNTED)
            again = replace(request, gateway_key=platform.seams.gateway_key(request.attempt_id, sends))
            later = await call(platform, again, permit.gateway, resend=True)
            await platform.breakers.settle(Permit(permit.gateway, permit.operation_class), failed=later.failure)
            reply = combine(reply, later)
        return reply

    async def _may_still_send(self, request: GatewayRequest) -> bool:
        lease = shared_us() + in_us(self._platform.settings.key_lease_s)
        try:
            async with self._platform.database.connection() as connection:
                return await count_resend(connection, request.attempt_id, lease) is not None
        except DATABASE_TROUBLE:
            return False
