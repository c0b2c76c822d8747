"""One biller: it invoices what has begun and charges what is due. Any number may run; none waits for another."""

import asyncio
from collections.abc import Sequence

from system.billing.charging import Charger
from system.clock import app_us, in_us, shared_us
from system.core.engine import Engine
from system.platform import Platform
from system.store.invoices import Claiming
from system.store.invoicing import advance
from system.store.subscriptions import lock_due
from system.worker.loops import Loop

AT_ONCE = 8
"""How many invoices one biller charges at the same time."""
BUSY_S = 0.02


class Biller:
    """The billing of one process."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._engine = Engine(platform)
        self._charger = Charger(platform, self._engine)
        self._charging = 0
        platform.shared.not_while(lambda: self._charging > 0)

    def loops(self) -> Sequence[Loop]:
        """What is repeated: with nothing to do, two indexed questions in each `billing_poll_s`."""
        idle_s = self._platform.settings.billing_poll_s
        return Loop("invoicing", self.invoice, BUSY_S, idle_s), Loop("charging", self.charge, BUSY_S, idle_s)

    async def invoice(self) -> int:
        """Invoice the periods of one subscription that have begun; return how many."""
        rules, now_us = self._platform.seams.billing, app_us()
        async with self._platform.database.connection() as connection, connection.transaction():
            due = await lock_due(connection, now_us)
            return 0 if due is None else (await advance(connection, due, now_us, rules))[1]

    async def charge(self) -> int:
        """Charge what is due, a few at once; return how many were looked at."""
        platform = self._platform
        claiming = Claiming(
            owner=platform.instance,
            app_us=app_us(),
            shared_us=shared_us(),
            lease_until_us=shared_us() + in_us(platform.settings.billing_lease_s),
            limit=AT_ONCE,
        )
        self._charging += 1
        try:
            async with platform.database.connection() as connection:
                due = await platform.seams.billing.claim(connection, claiming)
            await asyncio.gather(*(self._charger.charge(invoice) for invoice in due))
        finally:
            self._charging -= 1
        return len(due)

    async def drain(self, timeout_s: float) -> None:
        """Wait for charges under way, before the process ends."""
        await self._engine.drain(timeout_s)
