"""The worker's own reconciliation: every gateway, the recent past, at an interval."""

from system.clock import in_us, shared_us
from system.platform import Platform
from system.reconciliation.reconciler import Reconciler, Wish
from system.reconciliation.repairing import Asker


class Periodic:
    """Reconciles when its interval has passed since it last did; the first time one interval after the start."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._reconciler = Reconciler(platform)
        self._last_us = shared_us()
        self._running = False
        platform.shared.on_reset(self._begin_anew)
        platform.shared.not_while(lambda: self._running)

    def _begin_anew(self) -> None:
        """The books were emptied: there is nothing to reconcile before an interval has passed."""
        self._last_us = shared_us()

    async def step(self) -> int:
        """Reconcile every gateway if it is time; return how many repairs that took. Raises what the database does."""
        settings, at_us = self._platform.settings, shared_us()
        if settings.reconcile_interval_s == 0 or at_us - self._last_us < in_us(settings.reconcile_interval_s):
            return 0
        self._last_us = at_us
        self._running = True
        try:
            return await self._reconcile_all(at_us)
        finally:
            self._running = False

    async def _reconcile_all(self, at_us: int) -> int:
        settings = self._platform.settings
        asker = Asker(settings.name, self._platform.role)
        repairs = 0
        for gateway in self._platform.connectors:
            wish = Wish(gateway, at_us - in_us(settings.reconcile_window_s), at_us)
            repairs += (await self._reconciler.run(wish, asker)).run.repairs
        return repairs
