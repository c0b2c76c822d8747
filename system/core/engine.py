"""From an intent to an answer: which gateway, T1, and what a key that was used before means."""

import asyncio
from dataclasses import replace

import psycopg
from psycopg_pool import PoolTimeout

from system import crashpoints
from system.attempts.calls import Caller
from system.breakers import DATABASE_TROUBLE, Permit
from system.core.answers import Answer
from system.core.execution import Execution
from system.core.failures import Held, Refused, database_trouble
from system.core.first_permit import first_permit
from system.core.intent import Intent, begin_of
from system.core.known_keys import answer_of_key
from system.core.work import Work
from system.platform import Platform
from system.states import RefundStatus
from system.store.begin import Begin, Begun, Claiming
from system.store.connection import CommitIndeterminate
from system.store.operations import find_claim, find_operation
from system.store.payments import Refund

REREAD_TRIES = 6
REREAD_PAUSE_S = 0.3


class Engine:
    """The payment core of one replica."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._caller = Caller(platform)
        self._tasks: set[asyncio.Task[Answer]] = set()

    async def submit(self, intent: Intent) -> Answer:
        """Carry out an intent. A caller that goes away, or gives up waiting, does not stop it. Raises Refused."""
        if len(self._tasks) >= self._platform.settings.max_in_flight:
            raise Refused(503, "api_error", "overloaded", "Too many requests are in progress.", retry_after_s=1)
        task = asyncio.create_task(self._execute(intent))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: "asyncio.Task[Answer]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None and not isinstance(task.exception(), Refused):
            self._platform.log.error("operation_crashed", error=type(task.exception()).__name__)

    async def drain(self, timeout_s: float) -> None:
        """Wait for what is in progress, before the process ends."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    async def _execute(self, intent: Intent) -> Answer:
        try:
            permit, held = await first_permit(self._platform, intent)
        except DATABASE_TROUBLE:
            raise database_trouble(definite=True) from None
        gateway = None if permit is None else permit.gateway
        command = begin_of(intent, gateway=gateway, settings=self._platform.settings, seams=self._platform.seams)
        claimed = False
        try:
            begun = await self._begin(command)
            claimed = begun.outcome is Claiming.CLAIMED
        finally:
            if permit is not None and not claimed:
                await self._platform.breakers.release(permit)
        if not claimed or permit is None:
            return await self._not_claimed(command, begun, held)
        crashpoints.reach(crashpoints.CLAIMED)
        work = self._work(command, begun)
        if not permit.gateway:
            permit = Permit(work.payment.gateway or "", "modify")
        return await Execution(self._platform, self._caller, work).run(permit)

    async def _begin(self, command: Begin) -> Begun:
        """T1. An error from it is unknown, not a failure: the operation is looked up by its id. Raises Refused."""
        crashpoints.reach(crashpoints.BEFORE_CLAIM)
        try:
            async with self._platform.database.connection() as connection:
                begun = await self._platform.seams.begin(connection, command)
                return replace(begun, read_on=connection.generation)
        except PoolTimeout:
            raise database_trouble(definite=True) from None
        except (psycopg.OperationalError, psycopg.InterfaceError, CommitIndeterminate) as error:
            self._platform.log.warning(
                "begin_unknown", correlation_id=command.correlation_id, error=type(error).__name__
            )
        except psycopg.Error as error:
            self._platform.log.error("begin_failed", correlation_id=command.correlation_id, error=type(error).__name__)
            raise database_trouble(definite=True) from None
        for _ in range(REREAD_TRIES):
            await asyncio.sleep(REREAD_PAUSE_S)
            try:
                found = await self._reread(command)
            except DATABASE_TROUBLE:
                continue
            if found is not None:
                return found
            break
        raise database_trouble(definite=False)

    async def _reread(self, command: Begin) -> Begun | None:
        async with self._platform.database.connection() as connection:
            key_id = await find_claim(connection, command.claim)
            view = await find_operation(connection, command.operation_id)
            read_on = connection.generation
        await self._platform.durable.confirm(read_on)
        if key_id is None or view is None:
            return None
        return Begun(
            Claiming.CLAIMED, key_id, command.operation_id, amount_minor=view.amount_minor, payment=view.payment
        )

    def _work(self, command: Begin, begun: Begun) -> Work:
        assert begun.key_id is not None
        assert begun.payment is not None
        payment = begun.payment
        amount_minor = begun.amount_minor or command.amount_minor or 0
        refund = None
        if command.refund_id is not None:
            refund = Refund(
                command.refund_id,
                command.payment_id,
                amount_minor,
                payment.currency,
                RefundStatus.PENDING,
                command.reference,
                command.claim.now_us,
            )
        return Work(command, begun.key_id, amount_minor, payment, refund)

    async def _not_claimed(self, command: Begin, begun: Begun, held: Held | None) -> Answer:
        try:
            return await answer_of_key(self._platform, command, begun, held)
        except DATABASE_TROUBLE:
            raise database_trouble(definite=False) from None
