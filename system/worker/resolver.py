"""The resolver of unknowns: claims due attempts, takes the next step for each, and puts back what stays open."""

import asyncio
import random

from system import crashpoints
from system.attempts.applying import apply
from system.attempts.calls import call
from system.attempts.canceling import cancel_key
from system.attempts.learning import learn, send_first
from system.attempts.recording import conclude
from system.breakers import Permit, class_of
from system.clock import in_us, shared_us
from system.decisions.backoff import backoff_s
from system.decisions.policies import combine
from system.decisions.resolving import Action, Conclusion, Facts, Limits
from system.gateway import Advice, GatewayReply, Knowledge, LookupStatus, Phase
from system.platform import Platform
from system.states import AttemptState, Evidence, OperationKind
from system.store.attempts import Attempt, claim, put_back
from system.store.record import count_resend

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

        Raises what the database raises; the leases of what was attempt then run out and others take over.
        """
        async with self._platform.database.connection() as connection:
            due = await claim(
                connection, self._platform.settings.name, shared_us(), lease_us=self._lease_us, limit=BATCH
            )
        if due:
            crashpoints.reach(crashpoints.UNKNOWN_CLAIMED)
        results = await asyncio.gather(*(self._step(attempt) for attempt in due), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(due)

    async def _step(self, attempt: Attempt) -> None:
        platform = self._platform
        step = platform.seams.decide(_facts(attempt, shared_us()), self._limits(attempt.gateway))
        match step.action:
            case Action.WAIT:
                await self._put_back(attempt)
            case Action.CONCLUDE:
                await self._conclude(attempt, step.conclusion)
            case Action.CANCEL:
                await self._cancel(attempt)
            case Action.ABANDON | Action.SEND | Action.RESEND | Action.LOOKUP:
                permit = await platform.breakers.acquire(attempt.gateway, class_of(attempt.request.kind))
                if permit is None:
                    await self._put_back(attempt, wait_s=platform.settings.breaker_open_s / 2)
                else:
                    await self._call(step.action, attempt, permit)

    async def _call(self, action: Action, attempt: Attempt, permit: Permit) -> None:
        match action:
            case Action.ABANDON:
                await self._abandon(attempt, permit)
            case Action.SEND:
                await send_first(self._platform, attempt, permit)
                await self._put_back(attempt)
            case Action.RESEND:
                await self._resend(attempt, permit)
            case _:
                await self._look_up(attempt, permit)

    async def _conclude(self, attempt: Attempt, conclusion: Conclusion | None) -> None:
        assert conclusion is not None
        await conclude(self._platform, attempt, conclusion.state, conclusion.evidence)
        if conclusion.evidence is Evidence.OWNER_GONE:
            crashpoints.reach(crashpoints.OWNER_GONE)
        await self._put_back(attempt)

    def _limits(self, gateway: str) -> Limits:
        settings = self._platform.settings
        unseen_s = settings.lookup_lag_s + settings.gateway_timeout_s + settings.gateway_connect_timeout_s
        memory_s = self._platform.key_memory_s(gateway)
        return Limits(memory_s, settings.resolve_limit_s, settings.lookup_misses, unseen_s)

    async def _cancel(self, attempt: Attempt) -> None:
        """Close it if the gateway acknowledges that its key is canceled. It is old: nobody goes elsewhere with it."""
        reply, evidence = await cancel_key(self._platform, attempt)
        await self._put_back(attempt, checks=1)
        if self._platform.seams.attempt_state(reply) is not AttemptState.UNKNOWN:
            await apply(self._platform, attempt, reply, evidence, go_on=False)

    async def _abandon(self, attempt: Attempt, permit: Permit) -> None:
        """Tell the gateway that nobody waits for the payer any more. If they were faster, that is what is recorded."""
        platform = self._platform
        reply = await platform.seams.abandon(platform.connectors[attempt.gateway], attempt.request)
        await platform.breakers.settle(permit, failed=reply.failure)
        await self._put_back(attempt, checks=1)
        if platform.seams.attempt_state(reply) not in (AttemptState.UNKNOWN, AttemptState.REQUIRES_ACTION):
            await learn(platform, attempt, reply, Evidence.CANCEL)

    async def _resend(self, attempt: Attempt, permit: Permit) -> None:
        platform = self._platform
        async with platform.database.connection() as connection:
            send = await count_resend(connection, attempt.request.attempt_id, shared_us() + self._lease_us)
        if send is None:  # decided meanwhile, by a webhook for example
            await platform.breakers.release(permit)
            return
        crashpoints.reach(crashpoints.RESOLVER_RESEND_COUNTED)
        again = attempt.request_under(platform.seams.recovery_key(attempt.request.attempt_id, send))
        later = await call(platform, again, attempt.gateway, resend=True)
        crashpoints.reach(crashpoints.RESOLVER_RESENT)
        await platform.breakers.settle(permit, failed=later.failure)
        reply = combine(NOTHING_HEARD, later)
        await self._put_back(attempt, checks=1)
        if platform.seams.attempt_state(reply) is not AttemptState.UNKNOWN:
            await learn(platform, attempt, reply, Evidence.RESEND)

    async def _look_up(self, attempt: Attempt, permit: Permit) -> None:
        platform = self._platform
        found = await platform.connectors[attempt.gateway].lookup(attempt.request)
        crashpoints.reach(crashpoints.RESOLVER_LOOKED_UP)
        failed = found.status is LookupStatus.ERROR and (found.reply is None or found.reply.failure)
        await platform.breakers.settle(permit, failed=failed)
        reply = found.reply if found.status is LookupStatus.FOUND else None
        missed = found.status is LookupStatus.MISS
        if missed:
            at_us = shared_us()
            window_s = (at_us - (attempt.first_miss_at_us or at_us)) / 1e6
            reply = platform.seams.read_miss(attempt.misses + 1, window_s)
        await self._put_back(attempt, checks=1, misses=int(missed))
        if reply is not None and platform.seams.attempt_state(reply) is not AttemptState.UNKNOWN:
            await learn(platform, attempt, reply, Evidence.LOOKUP)

    async def _put_back(
        self, attempt: Attempt, *, checks: int = 0, misses: int = 0, wait_s: float | None = None
    ) -> None:
        settings = self._platform.settings
        if wait_s is None:
            wait_s = backoff_s(
                attempt.checks + 1,
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
                attempt.request.attempt_id,
                now_us=at_us,
                check_after_us=at_us + in_us(wait_s),
                checks=checks,
                misses=misses,
            )
        if misses and attempt.misses + 1 == settings.lookup_misses:
            self._platform.log.warning(
                "still_not_found",
                correlation_id=attempt.request.correlation_id,
                attempt_id=attempt.request.attempt_id,
                misses=attempt.misses + 1,
            )


def _facts(attempt: Attempt, at_us: int) -> Facts:
    return Facts(
        attempt.state,
        reversal=attempt.operation_kind is OperationKind.REVERSAL,
        age_s=(at_us - attempt.since_us) / 1e6,
        overdue_s=(at_us - attempt.expires_at_us) / 1e6 if attempt.expires_at_us is not None else 0.0,
        checks=attempt.checks,
        misses=attempt.misses,
        missing_s=(at_us - attempt.first_miss_at_us) / 1e6 if attempt.first_miss_at_us else 0.0,
    )
