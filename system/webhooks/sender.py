"""Send due deliveries: bounded concurrency, one signature for each try, outcomes written in groups."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import aiohttp

from system import calls, crashpoints
from system.decisions.schedule import AfterTry, Schedule, after_try
from system.signing import sign
from system.store.connection import Connection
from system.store.deliveries import Claim, Delivery, Try, claim, finish

TIMEOUT_S = 3.0
"""How long an endpoint may take to answer, in seconds."""

LEASE_US = 10_000_000
"""How long a claimed delivery belongs to one worker: well beyond `TIMEOUT_S`, so that two never race."""

SIGNATURE_HEADER = "Webhook-Signature"


@dataclass
class Sender:
    """Delivers webhooks. `secrets` maps merchant ids to signing secrets.

    `now_us` is the clock that stamps and signs, `due_us` the one by which deliveries are due (where not given, the
    same).
    """

    owner: str
    connections: Callable[[], AbstractAsyncContextManager[Connection]]
    http: aiohttp.ClientSession
    secrets: Mapping[str, str]
    schedule: Schedule
    now_us: Callable[[], int]
    slots: int = 32
    chance: Callable[[], float] = random.random
    due_us: Callable[[], int] | None = None
    claim: Claim = claim
    after_try: AfterTry = after_try
    _flying: set[asyncio.Task[None]] = field(default_factory=set)
    _tries: list[Try] = field(default_factory=list)

    async def run_once(self) -> int:
        """Write down finished tries, then start due ones in free slots; return how many of both there were.

        Never waits for an endpoint: a slow one holds its slot, not the others.
        """
        written = await self.flush()
        free = self.slots - len(self._flying)
        if free <= 0:
            return written
        async with self.connections() as connection:
            due = await self.claim(connection, self.owner, self._due_us(), lease_us=LEASE_US, limit=free)
        if due:
            crashpoints.reach(crashpoints.DELIVERY_CLAIMED)
        for delivery in due:
            task = asyncio.create_task(self._try(delivery))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)
        return written + len(due)

    async def flush(self) -> int:
        """Write down the tries that have ended since; return how many. Kept for the next time if the database fails."""
        tries, self._tries = self._tries, []
        if not tries:
            return 0
        try:
            async with self.connections() as connection:
                await finish(connection, self.owner, tries)
        except BaseException:
            # Whatever interrupted the writing (a lost connection, a cancelled task), the outcomes are still true.
            self._tries = tries + self._tries
            raise
        crashpoints.reach(crashpoints.DELIVERY_MARKED)
        return len(tries)

    def forget(self) -> None:
        """Drop everything under way (the books were emptied: what these tries tell belongs to the old ones)."""
        for task in self._flying:
            task.cancel()
        self._tries.clear()

    async def drain(self) -> None:
        """Wait for the tries under way (each is bounded by its timeout) and write them down."""
        if self._flying:
            await asyncio.wait(set(self._flying), timeout=TIMEOUT_S + 1.0)
        await self.flush()

    async def _try(self, delivery: Delivery) -> None:
        sent_at_us = self.now_us()
        http_status, error = await self._post(delivery, sent_at_us)
        crashpoints.reach(crashpoints.DELIVERY_SENT)
        done_at_us, due_us = self.now_us(), self._due_us()
        verdict = self.after_try(
            http_status,
            tries=delivery.tries + 1,
            age_s=(due_us - delivery.created_at_us) / 1e6,
            schedule=self.schedule,
            chance=self.chance(),
        )
        next_at_us = due_us + int(verdict.wait_s * 1_000_000)
        self._tries.append(Try(delivery, verdict, sent_at_us, done_at_us, http_status, error, next_at_us))

    def _due_us(self) -> int:
        return (self.due_us or self.now_us)()

    async def _post(self, delivery: Delivery, sent_at_us: int) -> tuple[int | None, str | None]:
        secret = self.secrets.get(delivery.merchant_id)
        if not secret:
            return None, "no_secret"
        body = delivery.payload.encode()
        headers = {
            "Content-Type": "application/json",
            "X-Correlation-Id": delivery.correlation_id,
            SIGNATURE_HEADER: sign(secret, body, sent_at_us // 1_000_000),
        }
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        port, began_us = calls.port_of(delivery.endpoint), calls.now_us()
        try:
            async with self.http.post(
                delivery.endpoint, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                calls.note(port, began_us, calls.ANSWERED, response.status)
                return response.status, None
        except (aiohttp.ClientError, OSError, TimeoutError) as failure:
            calls.note(port, began_us, calls.broken(failure), about=delivery.event_id)
            return None, type(failure).__name__
