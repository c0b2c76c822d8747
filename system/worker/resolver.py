"""The resolver of unknowns: claims due attempts, takes the next step for each, and puts back what stays open."""

import asyncio
import random

from system import crashpoints
from system.breakers.shared import Permit, class_of
from system.clock import in_us, shared_us
from system.core.calls import call
from system.core.policies import combine
from system.gateway import Advice, GatewayReply, Knowledge, LookupStatus, Phase
from system.platform import Platform
from system.store.record import count_resend
from system.worker.attempts import Claimed, claim, put_back
from system.worker.backoff import backoff_s
from system.worker.canceling import cancel_key
from system.worker.evidence import learn
from system.worker.following import send_first
from system.worker.recording import conclude, record_reply
from system.worker.resolving import Facts, Limits

BATCH = 16
LEASE_MARGIN_S = 3.0

NOTHING_HEARD = GatewayReply(Knowledge.UNKNOWN, Advice.QUERY, Phase.SENT)
"""What was known of an unknown attempt's earlier sends."""


class Resolver:
    """One worker's resolver. Several workers may run: leases and the core's fences keep them apart."""

    def __init__(self, platform: Platform, *, chance: random.Random | None = None) -> None:
        self._platform = platform
        self._chance = chance or random.Random()
        settings = platform.settings
        # A step makes one call, or a lookup of two; whoever holds a claim longer than this is dead.
        step_s = 2 * (settings.gateway_timeout_s + settings.gateway_connect_timeout_s)
        self._lease_us = in_us(step_s + LEASE_MARGIN_S)

    async def run_once(self) -> int:
        """Take one step for each due attempt, at most `BATCH` side by side; return how many.

        Raises what the database raises; the leases of what was claimed then run out and others take over.
        """
        async with self._platform.database.connection() as connection:
            due = await claim(
                connection, self._platform.settings.name, shared_us(), lease_us=self._lease_us, limit=BATCH
            )
        if due:
            crashpoints.reach(crashpoints.UNKNOWN_CLAIMED)
        results = await asyncio.gather(*(self._step(claimed) for claimed in due), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(due)

    async def _step(self, claimed: Claimed) -> None:
        platform = self._platform
        step = platform.seams.decide(_facts(claimed, shared_us()), self._limits(claimed.gateway))
        if step.action == "conclude":
            await conclude(platform, claimed, step.state, step.evidence)
            if step.evidence == "owner_gone":
                crashpoints.reach(crashpoints.OWNER_GONE)
            await self._put_back(claimed)
            return
        if step.action == "wait":
            await self._put_back(claimed)
            return
        if step.action == "cancel":
            await self._cancel(claimed)
            return
        if step.action == "abandon":
            await self._abandon(claimed)
            return
        permit = await platform.breakers.acquire(claimed.gateway, class_of(claimed.request.kind))
        if permit is None:
            await self._put_back(claimed, wait_s=platform.settings.breaker_open_s / 2)
        elif step.action == "send":
            await send_first(platform, claimed, permit)
            await self._put_back(claimed)
        elif step.action == "resend":
            await self._resend(claimed, permit)
        else:
            await self._look_up(claimed, permit)

    def _limits(self, gateway: str) -> Limits:
        settings = self._platform.settings
        unseen_s = settings.lookup_lag_s + settings.gateway_timeout_s + settings.gateway_connect_timeout_s
        memory_s = self._platform.key_memory_s(gateway)
        return Limits(memory_s, settings.resolve_limit_s, settings.lookup_misses, unseen_s)

    async def _cancel(self, claimed: Claimed) -> None:
        """Close it if the gateway acknowledges that its key is canceled. It is old: nobody goes elsewhere with it."""
        reply, evidence = await cancel_key(self._platform, claimed)
        await self._put_back(claimed, checks=1)
        state = self._platform.seams.attempt_state(reply)
        if state != "unknown":
            await record_reply(self._platform, claimed, reply, state, evidence)

    async def _abandon(self, claimed: Claimed) -> None:
        """Tell the gateway that nobody waits for the payer any more. If they were faster, that is what is recorded."""
        platform = self._platform
        permit = await platform.breakers.acquire(claimed.gateway, class_of(claimed.request.kind))
        if permit is None:
            await self._put_back(claimed, wait_s=platform.settings.breaker_open_s / 2)
            return
        reply = await platform.seams.abandon(platform.connectors[claimed.gateway], claimed.request)
        await platform.breakers.settle(permit, failed=reply.failure)
        await self._put_back(claimed, checks=1)
        if platform.seams.attempt_state(reply) not in {"unknown", "requires_action"}:
            await learn(platform, claimed, reply, "cancel")

    async def _resend(self, claimed: Claimed, permit: Permit) -> None:
        platform = self._platform
        async with platform.database.connection() as connection:
            send = await count_resend(connection, claimed.request.attempt_id, shared_us() + self._lease_us)
        if send is None:  # decided meanwhile, by a webhook for example
            await platform.breakers.release(permit)
            return
        crashpoints.reach(crashpoints.RESOLVER_RESEND_COUNTED)
        later = await call(platform, claimed.request_for(send, platform.seams), claimed.gateway, resend=True)
        crashpoints.reach(crashpoints.RESOLVER_RESENT)
        await platform.breakers.settle(permit, failed=later.failure)
        reply = combine(NOTHING_HEARD, later)
        await self._put_back(claimed, checks=1)
        if platform.seams.attempt_state(reply) != "unknown":
            await learn(platform, claimed, reply, "resend")

    async def _look_up(self, claimed: Claimed, permit: Permit) -> None:
        platform = self._platform
        found = await platform.connectors[claimed.gateway].lookup(claimed.request)
        crashpoints.reach(crashpoints.RESOLVER_LOOKED_UP)
        failed = found.status is LookupStatus.ERROR and (found.reply is None or found.reply.failure)
        await platform.breakers.settle(permit, failed=failed)
        reply = found.reply if found.status is LookupStatus.FOUND else None
        missed = found.status is LookupStatus.MISS
        if missed:
            at_us = shared_us()
            window_s = (at_us - (claimed.first_miss_at_us or at_us)) / 1e6
            reply = platform.seams.read_miss(claimed.misses + 1, window_s)
        await self._put_back(claimed, checks=1, misses=int(missed))
        if reply is not None and platform.seams.attempt_state(reply) != "unknown":
            await learn(platform, claimed, reply, "lookup")

    async def _put_back(
        self, claimed: Claimed, *, checks: int = 0, misses: int = 0, wait_s: float | None = None
    ) -> None:
        settings = self._platform.settings
        if wait_s is None:
            wait_s = backoff_s(
                claimed.checks + 1,
                base_s=settings.resolve_interval_s,
                max_s=settings.resolve_backoff_max_s,
                chance=self._chance.random(),
            )
        else:
            wait_s *= 0.5 + self._chance.random()
        at_us = shared_us()
        async with self._platform.database.connection() as connection:
            await put_back(
                connection,
                claimed.request.attempt_id,
                now_us=at_us,
                check_after_us=at_us + in_us(wait_s),
                checks=checks,
                misses=misses,
            )
        if misses and claimed.misses + 1 == settings.lookup_misses:
            self._platform.log.warning(
                "still_not_found",
                correlation_id=claimed.request.correlation_id,
                attempt_id=claimed.request.attempt_id,
                misses=claimed.misses + 1,
            )


def _facts(claimed: Claimed, at_us: int) -> Facts:
    return Facts(
        claimed.state,
        reversal=claimed.operation_kind == "reversal",
        age_s=(at_us - claimed.since_us) / 1e6,
        overdue_s=(at_us - claimed.expires_at_us) / 1e6 if claimed.expires_at_us is not None else 0.0,
        checks=claimed.checks,
        misses=claimed.misses,
        missing_s=(at_us - claimed.first_miss_at_us) / 1e6 if claimed.first_miss_at_us else 0.0,
    )
