"""The worker as one value: its loops over one platform, started and stopped together."""

import asyncio
from collections.abc import Sequence

import aiohttp

from system.attempts.holds import check_holds
from system.clock import app_us, now_us, shared_us
from system.decisions.schedule import Schedule
from system.platform import Platform
from system.reconciliation.periodic import Periodic
from system.settings import read_merchants
from system.webhooks.catching_up import catch_up
from system.webhooks.sender import Sender
from system.worker.keys import expire_keys
from system.worker.loops import Loop, run
from system.worker.resolver import Resolver
from system.worker.settling import Settling

SENDER_BUSY_S, SENDER_IDLE_S = 0.03, 0.1
EXPIRY_S = 30.0
HOLDS_S = 1.0


class Worker:
    """Everything that happens behind the merchants' backs."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._tasks: list[asyncio.Task[None]] = []
        self._http: aiohttp.ClientSession | None = None
        self._sender: Sender | None = None

    async def start(self) -> None:
        """Start every loop in the background."""
        platform = self._platform
        self._http = aiohttp.ClientSession()
        self._sender = self._make_sender(self._http)
        platform.shared.on_reset(self._sender.forget)
        for loop in self._loops(self._sender):
            self._tasks.append(asyncio.create_task(run(loop, platform.log), name=loop.name))

    async def stop(self) -> None:
        """Stop the loops, wait for deliveries under way, write them down. A kill instead of this loses nothing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._sender is not None:
            await self._sender.drain()
        if self._http is not None:
            await self._http.close()

    def _loops(self, sender: Sender) -> Sequence[Loop]:
        poll_s = self._platform.settings.state_poll_s
        resolver = Resolver(self._platform)
        settling = Settling(self._platform)
        self._platform.shared.on_reset(settling.forget)
        return (
            Loop("outbox", self._publish, SENDER_BUSY_S, SENDER_IDLE_S),
            Loop("deliveries", sender.run_once, SENDER_BUSY_S, SENDER_IDLE_S),
            Loop("resolver", resolver.run_once, poll_s / 4, poll_s),
            Loop("inbound", lambda: catch_up(self._platform), poll_s, poll_s),
            Loop("holds", lambda: check_holds(self._platform), poll_s, HOLDS_S),
            Loop("key_expiry", self._expire_keys, poll_s, EXPIRY_S),
            Loop("settlement", settling.step, poll_s, poll_s),
            Loop("reconciliation", Periodic(self._platform).step, poll_s, poll_s),
        )

    def _make_sender(self, http: aiohttp.ClientSession) -> Sender:
        platform = self._platform
        settings = platform.settings
        merchants = read_merchants(settings.merchants_file) if settings.merchants_file else ()
        return Sender(
            owner=platform.instance,
            connections=platform.database.connection,
            http=http,
            secrets={merchant.id: merchant.webhook_secret for merchant in merchants},
            schedule=Schedule(settings.webhook_backoff_s, settings.webhook_backoff_max_s, settings.webhook_give_up_s),
            now_us=now_us,
            due_us=shared_us,
            claim=platform.seams.claim_deliveries,
            after_try=platform.seams.after_try,
        )

    async def _publish(self) -> int:
        async with self._platform.database.connection() as connection:
            return await self._platform.seams.publish(connection, shared_us())

    async def _expire_keys(self) -> int:
        async with self._platform.database.connection() as connection:
            return await expire_keys(connection, app_us())
