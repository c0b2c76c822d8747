"""The breakers of one process, kept in step with the shared rows by compare-and-set."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from system.clock import in_us, shared_us
from system.decisions.breaker_window import BreakerView, Window
from system.log import Logger
from system.metrics import Metrics
from system.seams import Seams
from system.settings import Settings
from system.store.connection import CommitIndeterminate, Connection, Row
from system.store.database import Database

DATABASE_TROUBLE = (psycopg.Error, PoolTimeout, CommitIndeterminate)
CLASSES = ("charge", "modify")

COLUMNS = ("gateway", "operation_class", "state", "version", "opened_at_us", "probe_owner", "probe_deadline_us")
READ = f"SELECT {', '.join(COLUMNS)} FROM pay.breakers"


def class_of(kind: str) -> str:
    """The operation class of a call: ``charge`` takes new money, ``modify`` works on a charge that exists."""
    return "charge" if kind in ("authorize", "sale") else "modify"


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one call. A probe's permit carries the version of the half-open state that it answers for."""

    gateway: str
    operation_class: str
    probe_version: int | None = None


class Breakers:
    """Asks before and tells after each gateway call; moves the shared state when its own window says so."""

    def __init__(
        self, database: Database, settings: Settings, seams: Seams, metrics: Metrics, log: Logger, instance: str
    ) -> None:
        self._database = database
        self._settings = settings
        self._seams = seams
        self._metrics = metrics
        self._log = log
        self._instance = instance
        self.views: dict[tuple[str, str], BreakerView] = {}
        self._windows: dict[tuple[str, str], Window] = {}

    async def refresh(self, connection: Connection) -> None:
        """Read the shared rows and take them over."""
        cursor = await connection.execute(READ, prepare=True)
        self.take_over(await cursor.fetchall())

    def take_over(self, rows: Iterable[Row]) -> None:
        """Have the shared rows (`COLUMNS`) for true; a state that moved elsewhere starts with an empty window here."""
        open_us = in_us(self._settings.breaker_open_s)
        for row in rows:
            gateway, operation_class, state, version, opened_at_us, owner, deadline_us = row
            view = BreakerView(gateway, operation_class, state, version, opened_at_us, owner, deadline_us, open_us)
            self._accept((view.gateway, view.operation_class), view)

    def _accept(self, key: tuple[str, str], view: BreakerView) -> None:
        known = self.views.get(key)
        if known is None or known.version != view.version:
            self.views[key] = view
            self._window(key).clear()
            self._metrics.breaker(view.gateway, view.operation_class, view.state)

    def forget(self) -> None:
        """Drop what is known (after a reset, versions start again)."""
        self.views.clear()
        self._windows.clear()

    def _window(self, key: tuple[str, str]) -> Window:
        if key not in self._windows:
            s = self._settings
            self._windows[key] = Window(
                in_us(s.breaker_window_s), s.breaker_min_failures, s.breaker_failure_share, s.breaker_window_count
            )
        return self._windows[key]

    def is_closed(self, gateway: str, operation_class: str) -> bool:
        """Whether calls pass freely as far as this process knows."""
        view = self.views.get((gateway, operation_class))
        return view is None or view.state == "closed"

    async def acquire(self, gateway: str, operation_class: str) -> Permit | None:
        """Leave for one call: at once when closed, as the single probe when that is due, else None.

        None also when the shared state cannot be reached to become the probe.
        """
        view = self.views.get((gateway, operation_class))
        if view is None or view.state == "closed":
            return Permit(gateway, operation_class)
        now = shared_us()
        if not self._seams.may_probe(view, now):
            return None
        deadline = now + in_us(self._settings.breaker_probe_timeout_s)
        if await self._move(view, "half_open", "probe", probe_deadline_us=deadline):
            return Permit(gateway, operation_class, probe_version=view.version + 1)
        return None

    async def settle(self, permit: Permit, *, failed: bool) -> None:
        """Tell how the call went: timeout, connect error, 5xx, malformed or slow is a failure; a decline never is."""
        key = (permit.gateway, permit.operation_class)
        view = self.views.get(key)
        if view is None:
            return
        if permit.probe_version is not None:
            if view.state == "half_open" and view.version == permit.probe_version:
                await self._move(view, "open" if failed else "closed", "probe_failed" if failed else "probe_succeeded")
            return
        if view.state == "closed" and self._window(key).observe(shared_us(), failed):
            await self._move(view, "open", "failures")

    async def release(self, permit: Permit) -> None:
        """Give a permit back unused. A probe's place becomes free at once: its deadline is moved to now."""
        if permit.probe_version is None:
            return
        view = self.views.get((permit.gateway, permit.operation_class))
        if view is not None and view.state == "half_open" and view.version == permit.probe_version:
            await self._move(view, "half_open", "probe_released", probe_deadline_us=0)

    async def _move(self, view: BreakerView, to: str, reason: str, *, probe_deadline_us: int = 0) -> bool:
        at_us = shared_us()
        key = (view.gateway, view.operation_class)
        owner = self._instance if to == "half_open" else ""
        try:
            async with self._database.connection() as connection:
                row = await connection.fetch(
                    "SELECT pay.move_breaker(%s::text, %s::text, %s::integer, %s::text, %s::text, %s::bigint,"
                    " %s::text, %s::text, %s::bigint)",
                    (*key, view.version, to, owner, probe_deadline_us, reason, self._settings.name, at_us),
                )
                if not row[0]:
                    await self.refresh(connection)
                    return False
        except DATABASE_TROUBLE as error:
            self._log.warning("breaker_not_moved", gateway=view.gateway, to_state=to, error=type(error).__name__)
            return False
        opened = at_us if to == "open" else view.opened_at_us
        self._accept(key, BreakerView(*key, to, view.version + 1, opened, owner, probe_deadline_us, view.open_us))
        self._log.info(
            "breaker",
            gateway=view.gateway,
            operation_class=view.operation_class,
            from_state=view.state,
            to_state=to,
            reason=reason,
        )
        return True
