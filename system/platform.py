"""Everything a role of the platform needs, started and stopped together."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from system import calls, planted
from system.breakers import DATABASE_TROUBLE, Breakers
from system.clock import set_offset
from system.connectors.connector import Connector
from system.connectors.gateway import Gateway, key_memory_s
from system.connectors.registry import connect, in_use
from system.ids import new_id
from system.log import Logger, make_logger
from system.metrics import Metrics
from system.planted import Planted
from system.seams import Seams
from system.settings import Settings
from system.shared_state import SharedState
from system.store.database import Database
from system.store.durable import Durable

PREPARE_LIMIT_S = 12.0


@dataclass(slots=True)
class Platform:
    """The parts of one running process (api or worker)."""

    settings: Settings
    role: str
    seams: Seams
    planted: Planted
    log: Logger
    metrics: Metrics
    database: Database
    durable: Durable
    gateways: Mapping[str, Gateway]
    """By name, in the order of the registry."""
    connectors: Mapping[str, Connector]
    breakers: Breakers
    shared: SharedState
    instance: str
    telling: "asyncio.Task[None] | None" = None

    @classmethod
    async def start(cls, settings: Settings, *, role: str, gateways: Iterable[Gateway] | None = None) -> "Platform":
        """Open the pool and start polling the shared state; does not wait for the database.

        Raises UnknownBug, and UnknownGateway for a setting that names one.
        """
        known = {gateway.name: gateway for gateway in (in_use(settings) if gateways is None else gateways)}
        set_offset(settings.clock_offset_s)
        seams, bug = planted.load(settings)
        log = make_logger(settings.name, settings.log_level)
        instance = new_id(f"{settings.name}_")
        metrics = Metrics(known)
        conninfo = settings.conninfo
        database = Database(conninfo, size=settings.database_pool, name=settings.name, connecting=seams.connecting)
        breakers = Breakers(database, settings, seams, metrics, log, instance)
        shared = SharedState(database, breakers, settings, log, tuple(known), role=role, instance=instance)
        connectors = connect(settings, known.values(), seams.presentments)
        calls.begin(settings.name)
        await database.open()
        durable = Durable(database, seams.barrier)
        platform = cls(
            settings, role, seams, bug, log, metrics, database, durable, known, connectors, breakers, shared, instance
        )
        await platform._begin()
        return platform

    async def _begin(self) -> None:
        try:
            if self.planted.prepare is not None:
                async with self.database.connection(limit_s=PREPARE_LIMIT_S) as connection:
                    await self.planted.prepare(connection)
            await self.shared.poll()
        except DATABASE_TROUBLE as error:
            self.log.warning("database_unreachable_at_start", error=type(error).__name__)
        self.shared.start()
        self.telling = asyncio.create_task(calls.tell(), name="calls")

    def key_memory_s(self, gateway: str) -> float:
        """For how long that gateway surely remembers an idempotency key, in seconds."""
        return key_memory_s(self.gateways.get(gateway), self.settings.gateway_key_memory_s)

    async def stop(self) -> None:
        """Stop polling and close every socket."""
        await self.shared.stop()
        for connector in self.connectors.values():
            await connector.close()
        await self.database.close()
        if self.telling is not None:
            self.telling.cancel()
            await asyncio.gather(self.telling, return_exceptions=True)
