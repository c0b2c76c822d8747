"""One claimed operation through its attempts: T2, the call, T3; and to another gateway where that is legal."""

import asyncio
from dataclasses import dataclass

import psycopg

from system.breakers.shared import DATABASE_TROUBLE, Permit
from system.clock import in_us, now_us
from system.core.answers import UNAVAILABLE, Answer, Decided, after_refusal, after_success, answer_of
from system.core.calls import Caller
from system.core.failures import Refused
from system.ids import new_id
from system.platform import Platform
from system.ports import Advice, GatewayReply, GatewayRequest, Kind, Knowledge, Phase
from system.store.begin import Begin
from system.store.operations import find_operation, find_reply
from system.store.payments import Payment, Refund
from system.store.record import NextAttempt, Record, Recorded, Reply, begin_reversal, dispatch, fall_back, store_reply

RECORD_TRIES = 6
RECORD_PAUSE_S = 0.4

NOT_SENT = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.REFUSED, code="not_sent", not_executed=True)


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed operation. ``payment`` is as T1 left it; ``amount_minor`` is resolved."""

    command: Begin
    key_id: int
    amount_minor: int
    payment: Payment
    refund: Refund | None


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
        lease = now_us() + in_us(self._platform.settings.key_lease_s)
        try:
            async with self._platform.database.connection() as connection:
                stamped = await dispatch(connection, self._attempt_id, now_us(), lease)
        except DATABASE_TROUBLE:
            stamped = False
        if not stamped:
            await self._platform.breakers.release(permit)
            return NOT_SENT
        return await self._caller.send_attempt(self._request(), permit)

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
        for gateway in self._platform.shared.routing.gateways():
            if gateway not in self._tried:
                permit = await self._platform.breakers.acquire(gateway, "charge")
                if permit is not None:
                    return permit
        return None

    async def _prepare_next(self, reply: GatewayReply, state: str, permit: Permit) -> bool:
        attempt_id = new_id("att_")
        following = NextAttempt(attempt_id, permit.gateway, self._platform.seams.gateway_key(attempt_id, 1))
        lease = now_us() + in_us(self._platform.settings.key_lease_s)
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
        self._attempt_id, self._gateway_key = attempt_id, following.gateway_key
        return True

    def _record(self, reply: GatewayReply, state: str, *, check_after_us: int) -> Record:
        return Record(
            attempt_id=self._attempt_id,
            state=state,
            evidence="reply" if reply.phase is Phase.ANSWERED else "transport",
            now_us=now_us(),
            phase=reply.phase,
            http_status=reply.http_status,
            code=reply.code or None,
            gateway_ref=reply.gateway_ref,
            check_after_us=check_after_us,
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
        now = now_us()
        work = self._work
        answer, code, message = self._expected(reply, state, gateway, now)
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
            check_after_us=now + in_us(self._platform.settings.resolve_interval_s),
            reply=stored,
            expected_version=None if work.refund else work.payment.version,
        )
        async with self._platform.database.connection() as connection:
            recorded = await self._platform.seams.record(connection, command)
        if recorded.outcome == "recorded" and recorded.reply_stored:
            return answer
        return await self._recorded_otherwise(recorded, reply, state)

    def _expected(self, reply: GatewayReply, state: str, gateway: str, now: int) -> tuple[Answer, str, str]:
        """The answer as it will be true once T3 is committed."""
        work = self._work
        command = work.command
        payment, refund = work.payment, work.refund
        code, message = reply.code, ""
        operation = {"succeeded": "succeeded", "unknown": "unknown", "declined": "declined"}.get(state, "failed")
        if operation == "succeeded":
            payment = after_success(command.kind, payment, amount_minor=work.amount_minor, gateway=gateway, now_us=now)
        elif operation in ("declined", "failed"):
            code = (code or "declined") if operation == "declined" else UNAVAILABLE
            message = "The gateway declined the payment." if operation == "declined" else "No gateway could be reached."
            payment = after_refusal(command.kind, payment, code=code, message=message, now_us=now)
        if refund is not None:
            status = {"succeeded": "succeeded", "unknown": "pending"}.get(operation, "failed")
            refund = Refund(
                refund.refund_id,
                refund.payment_id,
                refund.amount_minor,
                refund.currency,
                status,
                refund.reference,
                refund.created_at_us,
            )
        decided = Decided(command.kind, operation, code, command.correlation_id)
        return answer_of(decided, payment, refund), code, message

    async def _recorded_otherwise(self, recorded: Recorded, reply: GatewayReply, state: str) -> Answer:
        """Somebody else decided meanwhile (resolver, webhook, our own lost COMMIT): tell what is true now."""
        if recorded.outcome == "version_conflict":
            await self._record_without_reply(reply, state)
        if recorded.outcome == "late_success":
            await self._reverse(reply)
        return await self._current_answer()

    async def _record_without_reply(self, reply: GatewayReply, state: str) -> None:
        lease = now_us() + in_us(self._platform.settings.resolve_interval_s)
        async with self._platform.database.connection() as connection:
            await self._platform.seams.record(connection, self._record(reply, state, check_after_us=lease))

    async def _reverse(self, reply: GatewayReply) -> None:
        attempt_id = new_id("att_")
        kind = {"authorize": "void", "sale": "refund"}.get(self._work.command.kind)
        self._platform.log.error("late_success", attempt_id=self._attempt_id, operation_kind=self._work.command.kind)
        if kind is None or reply.gateway_ref is None:
            return
        async with self._platform.database.connection() as connection:
            await begin_reversal(
                connection,
                reverses_attempt_id=self._attempt_id,
                operation_id=new_id("op_"),
                attempt_id=attempt_id,
                gateway_key=self._platform.seams.gateway_key(attempt_id, 1),
                call_kind=kind,
                gateway_ref=reply.gateway_ref,
                evidence="reply",
                now_us=now_us(),
            )

    async def _current_answer(self) -> Answer:
        return await current_answer(
            self._platform, self._work.command.operation_id, self._work.key_id, self._work.command.claim.owner
        )


async def current_answer(platform: Platform, operation_id: str, key_id: int, owner: str) -> Answer:
    """The stored reply of a key, or the operation's answer as of now, stored if the claim is still this owner's.

    Raises Refused when somebody else holds the claim, or when the operation is gone.
    """
    async with platform.database.connection() as connection:
        reply = await find_reply(connection, key_id)
        if reply is not None:
            return Answer(*reply)
        view = await find_operation(connection, operation_id)
        if view is None:
            raise Refused(503, "api_error", "operation_unknown", "Send the request again.", definite=False)
        decided = Decided(view.kind, view.state, view.code or "", view.correlation_id)
        answer = answer_of(decided, view.payment, view.refund, view.refund_ids)
        if await store_reply(connection, Reply(key_id, owner, answer.status_code, answer.body), now_us()):
            return answer
    raise in_flight()


def in_flight() -> Refused:
    """The same key is being worked on."""
    return Refused(
        409,
        "idempotency_error",
        "idempotency_key_in_use",
        "A request with this idempotency key is in progress.",
        definite=False,
        retry_after_s=1,
    )
