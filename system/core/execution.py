"""One claimed operation through its attempts: T2, the call, T3; and to another gateway where that is legal."""

import asyncio

import psycopg

from system import crashpoints
from system.breakers.shared import DATABASE_TROUBLE, Permit
from system.clock import in_us, shared_us
from system.core.answers import Answer, declined_message
from system.core.calls import Caller
from system.core.current import current_answer
from system.core.failures import Refused
from system.core.policies import UNDO
from system.core.presenting import takers
from system.core.work import Work, expected_answer
from system.gateway import Advice, GatewayReply, GatewayRequest, Kind, Knowledge, Phase
from system.ids import new_id
from system.platform import Platform
from system.store.audit import audit
from system.store.record import NextAttempt, Record, Recorded, Reply, begin_reversal, fall_back

RECORD_TRIES = 6
RECORD_PAUSE_S = 0.4

NOT_SENT = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.REFUSED, code="not_sent", not_executed=True)


class Execution:
    """Carries one operation to its answer. Runs in a task of its own that no client can cancel."""

    def __init__(self, platform: Platform, caller: Caller, work: Work) -> None:
        self._platform = platform
        self._caller = caller
        self._work = work
        self._attempt_id = work.command.attempt_id
        self._gateway_key = work.command.gateway_key
        self._tried: list[str] = []

    async def run(self, permit: Permit) -> Answer:
        """Send the prepared attempt, then whatever follows from its answer. Raises Refused."""
        while True:
            reply = await self._send(permit)
            self._tried.append(permit.gateway)
            state = self._platform.seams.attempt_state(reply)
            if reply is not NOT_SENT and self._platform.seams.may_fall_back(reply):
                following = await self._next_permit()
                if following is not None:
                    if not await self._prepare_next(reply, state, following):
                        await self._platform.breakers.release(following)
                        return await self._current_answer()
                    permit = following
                    continue
            return await self._finish(reply, state, permit.gateway)

    async def _send(self, permit: Permit) -> GatewayReply:
        if not await self._stamp():
            await self._platform.breakers.release(permit)
            return NOT_SENT
        crashpoints.reach(crashpoints.DISPATCHED)
        return await self._caller.send_attempt(self._request(), permit)

    async def _stamp(self) -> bool:
        """T2, until its COMMIT is certain or patience ends; without a certain stamp nothing is sent."""
        stamp = shared_us()
        lease = shared_us() + in_us(self._platform.settings.key_lease_s)
        for tried in range(RECORD_TRIES):
            try:
                async with self._platform.database.connection() as connection:
                    stamped = await self._platform.seams.dispatch(connection, self._attempt_id, stamp, lease)
                    read_on = connection.generation
                if tried and stamped:
                    await self._platform.durable.confirm(read_on)
                return stamped
            except DATABASE_TROUBLE:
                if tried + 1 < RECORD_TRIES:
                    await asyncio.sleep(RECORD_PAUSE_S)
        return False

    def _request(self) -> GatewayRequest:
        command = self._work.command
        return GatewayRequest(
            operation_id=command.operation_id,
            attempt_id=self._attempt_id,
            payment_id=command.payment_id,
            merchant_id=command.claim.merchant_id,
            reference=command.reference,
            gateway_key=self._gateway_key,
            kind=Kind(command.kind),
            amount_minor=self._work.amount_minor,
            currency=self._work.payment.currency,
            payment_method=self._work.payment.payment_method,
            capture=command.kind == "sale",
            gateway_ref=self._work.payment.gateway_ref,
            correlation_id=command.correlation_id,
        )

    async def _next_permit(self) -> Permit | None:
        if self._work.command.kind not in ("sale", "authorize"):
            return None
        money = (self._work.payment.currency, self._work.amount_minor)
        for gateway in takers(self._platform.seams.presentments, self._platform.shared.gateways(), *money):
            if gateway not in self._tried:
                permit = await self._platform.breakers.acquire(gateway, "charge")
                if permit is not None:
                    return permit
        return None

    async def _prepare_next(self, reply: GatewayReply, state: str, permit: Permit) -> bool:
        attempt_id = new_id("att_")
        following = NextAttempt(attempt_id, permit.gateway, self._platform.seams.gateway_key(attempt_id, 1))
        lease = shared_us() + in_us(self._platform.settings.key_lease_s)
        closing = self._record(reply, state, check_after_us=lease)
        try:
            async with self._platform.database.connection() as connection:
                outcome = await fall_back(connection, closing, following)
        except DATABASE_TROUBLE as error:
            illegal = isinstance(error, psycopg.errors.UniqueViolation)
            self._platform.log.error("fallback_refused", operation_id=self._work.command.operation_id, illegal=illegal)
            return False
        if outcome != "recorded":
            return False
        crashpoints.reach(crashpoints.FELL_BACK)
        self._attempt_id, self._gateway_key = attempt_id, following.gateway_key
        return True

    def _record(self, reply: GatewayReply, state: str, *, check_after_us: int) -> Record:
        return Record(
            attempt_id=self._attempt_id,
            state=state,
            evidence="reply" if reply.phase is Phase.ANSWERED else "transport",
            now_us=shared_us(),
            phase=reply.phase,
            http_status=reply.http_status,
            code=reply.code or None,
            message=declined_message(reply.code) if state == "declined" else None,
            gateway_ref=reply.gateway_ref,
            check_after_us=check_after_us,
            expires_at_us=shared_us() + in_us(self._platform.settings.action_within_s),
        )

    async def _finish(self, reply: GatewayReply, state: str, gateway: str) -> Answer:
        """T3, again and again for a while: running it twice is safe, not running it leaves work to the resolver."""
        for tried in range(RECORD_TRIES):
            try:
                return await self._record_once(reply, state, gateway)
            except DATABASE_TROUBLE as error:
                self._platform.log.warning(
                    "recording_failed",
                    correlation_id=self._work.command.correlation_id,
                    operation_id=self._work.command.operation_id,
                    error=type(error).__name__,
                )
                if tried + 1 < RECORD_TRIES:
                    await asyncio.sleep(RECORD_PAUSE_S)
        raise Refused(
            503,
            "api_error",
            "outcome_not_recorded",
            "The outcome could not be recorded yet; the platform will resolve it. Ask again under the same key.",
            definite=False,
            retry_after_s=1,
        )

    async def _record_once(self, reply: GatewayReply, state: str, gateway: str) -> Answer:
        now = shared_us()
        work = self._work
        expires_at_us = now + in_us(self._platform.settings.action_within_s)
        answer, code, message = expected_answer(work, reply, state, gateway, now, expires_at_us)
        stored = Reply(work.key_id, work.command.claim.owner, answer.status_code, answer.body)
        command = Record(
            attempt_id=self._attempt_id,
            state=state,
            evidence="reply" if reply.phase is Phase.ANSWERED else "transport",
            now_us=now,
            phase=reply.phase,
            http_status=reply.http_status,
            code=code or None,
            message=message,
            gateway_ref=reply.gateway_ref,
            check_after_us=shared_us() + in_us(self._platform.settings.resolve_interval_s),
            reply=stored,
            expected_version=None if work.refund else work.payment.version,
            expires_at_us=expires_at_us,
        )
        crashpoints.reach(crashpoints.BEFORE_RECORD)
        async with self._platform.database.connection() as connection:
            recorded = await self._platform.seams.record(connection, command)
        crashpoints.reach(crashpoints.RECORDED)
        if recorded.outcome == "recorded" and recorded.reply_stored:
            return answer
        return await self._recorded_otherwise(recorded, reply, state)

    async def _recorded_otherwise(self, recorded: Recorded, reply: GatewayReply, state: str) -> Answer:
        """Somebody else decided meanwhile (resolver, webhook, our own lost COMMIT): tell what is true now."""
        if recorded.outcome == "version_conflict":
            await self._record_without_reply(reply, state)
        if recorded.outcome == "late_success":
            await self._reverse(reply)
        return await self._current_answer()

    async def _record_without_reply(self, reply: GatewayReply, state: str) -> None:
        lease = shared_us() + in_us(self._platform.settings.resolve_interval_s)
        async with self._platform.database.connection() as connection:
            await self._platform.seams.record(connection, self._record(reply, state, check_after_us=lease))

    async def _reverse(self, reply: GatewayReply) -> None:
        attempt_id = new_id("att_")
        kind = UNDO.get(Kind(self._work.command.kind))
        gateway_ref = reply.gateway_ref or self._work.payment.gateway_ref
        self._platform.log.error("late_success", attempt_id=self._attempt_id, operation_kind=self._work.command.kind)
        if kind is None or gateway_ref is None:
            await self._tell_people("late_success_without_inverse")
            return
        async with self._platform.database.connection() as connection:
            await begin_reversal(
                connection,
                reverses_attempt_id=self._attempt_id,
                operation_id=new_id("op_"),
                attempt_id=attempt_id,
                gateway_key=self._platform.seams.gateway_key(attempt_id, 1),
                call_kind=kind,
                gateway_ref=gateway_ref,
                evidence="reply",
                now_us=shared_us(),
            )

    async def _tell_people(self, action: str) -> None:
        """Something that no machine can put right: a row in the audit."""
        async with self._platform.database.connection() as connection:
            await audit(
                connection,
                actor=self._platform.settings.name,
                action=action,
                object=self._attempt_id,
                outcome="alert",
                origin=self._platform.role,
                detail="reply",
            )

    async def _current_answer(self) -> Answer:
        return await current_answer(
            self._platform, self._work.command.operation_id, self._work.key_id, self._work.command.claim.owner
        )
