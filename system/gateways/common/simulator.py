"""Puts one gateway together: books, faults, front door, webhooks, timers, admin."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvloop
from starlette.applications import Starlette

from system import calls
from system.gateways.common.admin import build_admin
from system.gateways.common.books import Books
from system.gateways.common.brand import Brand
from system.gateways.common.connections import Connections
from system.gateways.common.door import Door
from system.gateways.common.journal import Journal
from system.gateways.common.log import CallLog, configure
from system.gateways.common.plan import FaultPlan
from system.gateways.common.serve import QuietServer, running, serve, server
from system.gateways.common.settings import SimulatorSettings
from system.gateways.common.timers import Action, Timers
from system.gateways.common.webhooks import Delivery, WebhookSender

MakeBrand = Callable[[SimulatorSettings, Books], tuple[Brand, Action]]


class Simulator:
    """One gateway: two ASGI applications (`door`, `admin`) and the work behind them (`background`)."""

    def __init__(self, settings: SimulatorSettings, make_brand: MakeBrand, *, signature_header: str) -> None:
        """Rebuild the books from the journal. Raises `JournalError`, OSError."""
        self.books = Books(Journal(settings.journal))
        self.plan = FaultPlan(self.books)
        self.connections = Connections()
        self._settings = settings
        self.brand, act = make_brand(settings, self.books)
        delivery = Delivery(
            settings.webhook_targets, settings.webhook_secret.get_secret_value(), signature_header, settings.name
        )
        self.webhooks = WebhookSender(delivery, self.books, self.plan)
        self._log = CallLog(settings.name, settings.log_level)
        self.timers = Timers(self.books, act, self.webhooks.publish, every_tick=self.flush)
        self.door = Door(
            self.brand, self.books, self.plan, self.connections,
            publish=self.webhooks.publish, log=self._log, think_ms=settings.think_ms,
        )  # fmt: skip
        self.admin: Starlette = build_admin(
            settings.name, self.books, self.plan, self.brand.currencies,
            requests=lambda: self.door.requests, reset=self.reset,
        )  # fmt: skip

    def reset(self) -> None:
        """Empty the ledger, the journal and the fault plan; owed webhooks are forgotten."""
        self.books.reset()
        self.plan.reload()
        self.webhooks.forget()

    def flush(self) -> None:
        """Write what was put off: when answers left, and the log's lines."""
        self.books.flush()
        self._log.flush()
        calls.flush()

    def servers(self) -> list[QuietServer]:
        """Return the public and the admin server, not yet started."""
        host, settings = self._settings.host, self._settings
        public = server(self.door, host, settings.port, protocol=self.connections.protocol())
        return [public, server(self.admin, host, settings.admin_port)]

    @property
    def background(self) -> Callable[[], AbstractAsyncContextManager[None]]:
        """Webhooks and timers, running for as long as the context is open."""

        @asynccontextmanager
        async def context() -> AsyncIterator[None]:
            await self.webhooks.start()
            try:
                async with running(asyncio.create_task(self.timers.run())):
                    yield
            finally:
                await self.webhooks.stop()
                self.flush()

        return context


def run(make_brand: MakeBrand, *, signature_header: str) -> None:
    """Run one simulator process, configured by the environment, until it is told to stop."""
    settings = SimulatorSettings.model_validate({})
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a kill must not swallow log lines
    configure(settings.name, settings.log_level)
    calls.begin(settings.name)
    simulator = Simulator(settings, make_brand, signature_header=signature_header)
    uvloop.run(serve(simulator.servers(), simulator.background))
    simulator.books.close()
