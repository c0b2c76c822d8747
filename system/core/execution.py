"""One claimed operation through its attempts: T2, the call, T3; and to another gateway where that is legal."""

import asyncio
from dataclasses import replace

from system import crashpoints
from system.attempts.applying import Applied, Following, apply, evidence_of
from system.attempts.calls import Caller
from system.breakers import DATABASE_TROUBLE, Permit
from system.clock import in_us, shared_us
from system.core.answers import Answer
from system.core.current import current_answer
from system.core.failures import Refused
from system.core.work import Work, expected_answer
from system.gateway import Advice, GatewayReply, GatewayRequest, Kind, Knowledge, Phase
from system.platform import Platform
from system.states import AttemptState, OperationKind
from system.store.attempts import Attempt
from system.store.record import Record, Reply

RECORD_TRIES = 6
RECORD_PAUSE_S = 0.4

NOT_SENT = GatewayReply(Knowledge.DEFINITE_NO, Advice.NONE, Phase.REFUSED, code="not_sent", not_executed=True)


class Execution:
    """Carries one operation to its answer. Runs in a task of its own that no client can cancel."""

    def __init__(self, platform: Platform, caller: Caller, work: Work) -> None:
        self._platform = platform
        self._caller = caller
        self._work = work
        self._answer: Answer | None = None

    async def run(self, permit: Permit) -> Answer:
        """Send the prepared attempt, then whatever follows from its answer. Raises Refused."""
        following: Following | None = Following(self._first(permit.gateway), permit)
        while following is not None:
            applied = await self._apply(following.attempt, await self._send(following))
            following = applied.following
        recorded = applied.recorded
        if self._answer is not None and recorded is not None and recorded.reply_stored:
            return self._answer
        # Somebody else decided meanwhile (resolver, webhook, our own lost COMMIT): tell what is true now.
        return await self._current_answer()

    def _first(self, gateway: str) -> Attempt:
        command, payment = self._work.command, self._work.payment
        request = GatewayRequest(
            operation_id=command.operation_id,
            attempt_id=command.attempt_id,
            payment_id=command.payment_id,
            merchant_id=command.claim.merchant_id,
            reference=command.reference,
            gateway_key=command.gateway_key,
            kind=command.kind,
            amount_minor=self._work.amount_minor,
            currency=payment.currency,
            payment_method=payment.payment_method,
            capture=command.kind is Kind.SALE,
            gateway_ref=payment.gateway_ref,
            correlation_id=command.correlation_id,
        )
        return Attempt(request, gateway, AttemptState.PREPARED, OperationKind(command.kind), frozenset({gateway}))

    async def _send(self, following: Following) -> GatewayReply:
        attempt, permit = following.attempt, following.permit
        if not await self._stamp(attempt.request.attempt_id):
            await self._platform.breakers.release(permit)
            return NOT_SENT
        crashpoints.reach(crashpoints.DISPATCHED)
        return await self._caller.send_attempt(attempt.request, permit)

    async def _stamp(self, attempt_id: str) -> bool:
        """T2, until its COMMIT is certain or patience ends; without a certain stamp nothing is sent."""
        stamp = shared_us()
        lease = shared_us() + in_us(self._platform.settings.key_lease_s)
        for tried in range(RECORD_TRIES):
            try:
                async with self._platform.database.connection() as connection:
                    stamped = await self._platform.seams.dispatch(connection, attempt_id, stamp, lease)
                    read_on = connection.generation
                if tried and stamped:
                    await self._platform.durable.confirm(read_on)
                return stamped
            except DATABASE_TROUBLE:
                if tried + 1 < RECORD_TRIES:
                    await asyncio.sleep(RECORD_PAUSE_S)
        return False

    async def _apply(self, attempt: Attempt, reply: GatewayReply) -> Applied:
        """Again and again for a while: doing it twice is safe, not doing it leaves work to the resolver."""
        for tried in range(RECORD_TRIES):
            try:
                return await apply(
                    self._platform,
                    attempt,
                    reply,
                    evidence_of(reply),
                    go_on=reply is not NOT_SENT,
                    answering=lambda command: self._answering(command, attempt.gateway),
                )
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

    def _answering(self, command: Record, gateway: str) -> Record:
        """Add the client's answer as it will be true with this, for the payment as it was when it was claimed."""
        work = self._work
        self._answer = answer = expected_answer(work, command, gateway)
        stored = Reply(work.key_id, work.command.claim.owner, answer.status_code, answer.body)
        return replace(command, reply=stored, expected_version=None if work.refund else work.payment.version)

    async def _current_answer(self) -> Answer:
        return await current_answer(
            self._platform, self._work.command.operation_id, self._work.key_id, self._work.command.claim.owner
        )
