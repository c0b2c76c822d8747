"""When a gateway has come to rest, as far as its list of charges tells: for a while nothing in it has changed."""

import time
from collections.abc import Callable, Iterable

from harness.core.adapter import Charge

QUIET_S = 5.0


class Quiet:
    """Compares each list of charges with the one before it. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: frozenset[Charge] | None = None
        self._since_s = 0.0
        self._changed = 0

    def unsettled(self, charges: Iterable[Charge]) -> int:
        """Return how many charges were new or other at the last change, at least 1; 0 when that is `QUIET_S` ago."""
        now_s, listed = self._clock(), frozenset(charges)
        if listed != self._last:
            self._changed = len({item.charge_id for item in listed ^ (self._last or frozenset())})
            self._last, self._since_s = listed, now_s
        return 0 if now_s - self._since_s >= QUIET_S else max(1, self._changed)
