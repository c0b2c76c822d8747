"""Routing, the reset epoch and who is alive: one poller in each process keeps them in step with PostgreSQL."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from psycopg.errors import ReadOnlySqlTransaction

from system.breakers import COLUMNS, DATABASE_TROUBLE, Breakers
from system.clock import follow, follow_app, in_us, shared_us
from system.log import Logger
from system.settings import Settings
from system.store.connection import Connection, Row
from system.store.database import Database

LIVE_S = 3.0
"""A process that was not seen for so long is not waited for."""
HEARTBEAT_S = 1.0

_RECONNECT = "INSERT INTO pay.reconnects (process, lost_at_us, back_at_us) VALUES (%s, %s, %s)"

_ROUTING = ("gateways", "fallback_enabled", "version", "epoch")
_EVERYTHING = f"""
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, current_setting('synchronous_standby_names'),
    coalesce(r.clock_offset_us, 0),
    {", ".join(f"r.{name}" for name in _ROUTING)}, {", ".join(f"b.{name}" for name in COLUMNS)}
FROM (SELECT 1) AS here LEFT JOIN pay.routing r ON true LEFT JOIN pay.breakers b ON true
"""
"""One row for each breaker, all in one round trip, for it is asked several times a second by every process."""
_FIRST_OF_BREAKER = 3 + len(_ROUTING)

_HEARTBEAT = """
INSERT INTO pay.processes (name, role, instance, routing_version, epoch, seen_at_us) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET role = excluded.role, instance = excluded.instance,
    routing_version = excluded.routing_version, epoch = excluded.epoch, seen_at_us = excluded.seen_at_us
"""


@dataclass(frozen=True, slots=True)
class Routing:
    """Which gateways new charges go to, in order. Version and epoch count up; every process acknowledges them."""

    gateways: tuple[str, ...]
    """Never empty. The first one is the primary; the others are fallbacks, tried in their order."""
    fallback_enabled: bool = True
    version: int = 0
    epoch: int = 0

    @property
    def primary(self) -> str:
        """The gateway that is tried first."""
        return self.gateways[0]

    @property
    def fallback(self) -> str:
        """The one that is tried next; '' where there is no other."""
        return next(iter(self.gateways[1:]), "")

    def tried(self) -> tuple[str, ...]:
        """The gateways for a new charge, in order."""
        return self.gateways if self.fallback_enabled else self.gateways[:1]

    def led_by(self, primary: str, known: Iterable[str]) -> "Routing":
        """Return this with another primary; the others follow in the order of `known`: going back restores it."""
        order = list(dict.fromkeys((primary, *known, *self.gateways)))
        return replace(self, gateways=tuple(order))


async def read_routing(connection: Connection) -> Routing | None:
    """The shared routing row; None before the setup has run."""
    cursor = await connection.execute(f"SELECT {', '.join(_ROUTING)} FROM pay.routing", prepare=True)
    row = await cursor.fetchone()
    return None if row is None else routing_of(row)


def routing_of(row: Row) -> Routing:
    """The routing of a row of gateways, fallback_enabled, version and epoch."""
    gateways, *rest = row
    return Routing(tuple(gateways), *rest)


class SharedState:
    """Polls every ``PAY_STATE_POLL_S``; acknowledges what it has seen with a heartbeat."""

    def __init__(
        self,
        database: Database,
        breakers: Breakers,
        settings: Settings,
        log: Logger,
        gateways: tuple[str, ...],
        *,
        role: str,
        instance: str,
    ) -> None:
        self._database = database
        self._breakers = breakers
        self._settings = settings
        self._log = log
        self._role = role
        self._instance = instance
        self._callbacks: list[Callable[[], None]] = []
        self._busy: list[Callable[[], bool]] = []
        self._task: asyncio.Task[None] | None = None
        self._heartbeat_us = 0
        self._acknowledged = (-1, -1)
        self._known = frozenset(gateways)
        self.routing = Routing(gateways)
        self.database_ok = False
        self.trouble = ""
        """Why the database was of no use when it was asked last: read-only, unreachable; empty when it was."""
        self.confirmed_by = ""
        """Which standbys confirm each commit, as the server tells it; empty: none, so it is in one place only."""
        self.leaving = False

    def on_reset(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called when the books were emptied, before the new epoch is acknowledged."""
        self._callbacks.append(callback)

    def not_while(self, busy: Callable[[], bool]) -> None:
        """Have a new epoch acknowledged only when ``busy`` says that nothing of the old one is under way here."""
        self._busy.append(busy)

    def start(self) -> None:
        """Start polling in the background."""
        self._task = asyncio.create_task(self._run(), name="shared-state")

    async def stop(self) -> None:
        """Stop polling."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self.poll()
            except DATABASE_TROUBLE as error:
                if self.database_ok:
                    self._log.warning("shared_state_unreachable", error=type(error).__name__)
                self.database_ok = False
                self.trouble = "read-only" if isinstance(error, ReadOnlySqlTransaction) else "unreachable"
            await asyncio.sleep(self._settings.state_poll_s)

    async def poll(self) -> None:
        """Read everything shared once, and acknowledge it. Raises what the database raises."""
        async with self._database.connection() as connection:
            asked_ns = time.monotonic_ns()
            rows = await (await connection.execute(_EVERYTHING, prepare=True)).fetchall()
            clock_us, confirmed_by, app_offset_us, *routing = rows[0][:_FIRST_OF_BREAKER]
            follow(int(clock_us), asked_ns)
            follow_app(int(app_offset_us))
            self.confirmed_by = str(confirmed_by)
            if routing[0] is not None:
                self._accept(routing_of(tuple(routing)))
            breakers = [row[_FIRST_OF_BREAKER:] for row in rows]
            self._breakers.take_over(row for row in breakers if row[0] is not None)
            seen = (self.routing.version, self._epoch_left_behind())
            if seen != self._acknowledged or shared_us() - self._heartbeat_us >= in_us(HEARTBEAT_S):
                await self._acknowledge(connection, seen)
            await self._write_down_outages(connection)
        self.database_ok, self.trouble = True, ""

    def gateways(self) -> tuple[str, ...]:
        """The gateways for a new charge, in order; one that only newer processes know is left to them."""
        return tuple(name for name in self.routing.tried() if name in self._known)

    def _accept(self, routing: Routing) -> None:
        if routing.epoch != self.routing.epoch:
            self._breakers.forget()
            for callback in self._callbacks:
                callback()
        if routing != self.routing:
            self._log.info("routing", primary=routing.primary, version=routing.version, epoch=routing.epoch)
        self.routing = routing

    def _epoch_left_behind(self) -> int:
        """The present epoch, or the one acknowledged last while something of that is still under way."""
        acknowledged = self._acknowledged[1]
        if 0 <= acknowledged < self.routing.epoch and any(busy() for busy in self._busy):
            return acknowledged
        return self.routing.epoch

    async def _acknowledge(self, connection: Connection, seen: tuple[int, int]) -> None:
        """Write a heartbeat. One that failed is due again at once: reading alone does not show a read-only server."""
        at_us = shared_us()
        await connection.execute(
            _HEARTBEAT, (self._settings.name, self._role, self._instance, *seen, at_us), prepare=True
        )
        self._heartbeat_us, self._acknowledged = at_us, seen

    async def _write_down_outages(self, connection: Connection) -> None:
        outages = self._database.outages
        while outages.over:
            outage = outages.over[0]
            await connection.execute(_RECONNECT, (self._settings.name, outage.lost_at_us, outage.back_at_us))
            self._log.info("database_back", lost_at_us=outage.lost_at_us, back_at_us=outage.back_at_us)
            outages.over.remove(outage)

    async def laggards(self, routing: Routing, timeout_s: float) -> list[str]:
        """Wait until every live process acknowledged this routing; the names of those that did not in time."""
        deadline = shared_us() + in_us(timeout_s)
        while True:
            await self.poll()
            async with self._database.connection() as connection:
                cursor = await connection.execute(
                    "SELECT name FROM pay.processes WHERE seen_at_us > %s AND (routing_version < %s OR epoch < %s)",
                    (shared_us() - in_us(LIVE_S), routing.version, routing.epoch),
                )
                names = sorted(str(row[0]) for row in await cursor.fetchall())
            if not names or shared_us() >= deadline:
                return names
            await asyncio.sleep(self._settings.state_poll_s / 4)
