"""Watches what a load asks of the database, once a second: commits, log, who waits for a lock, which sessions work."""

import threading
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from harness.core.errors import FaultlineError
from harness.core.target import Target
from harness.run.database_watch import Sample
from harness.run.events import now_us
from harness.run.threads import join_begun

INTERVAL_S = 1.0
DATABASE = "database"


@runtime_checkable
class TellsDatabaseLoad(Protocol):
    """A target whose database can be asked."""

    def database_load(self) -> Mapping[str, float]:
        """Return counters (`*_total`) and present figures of the primary; sessions at work as `active_<process>`."""


class DatabaseLoad:
    """A thread that asks until it is stopped. What cannot be read is left out; counters become rates."""

    def __init__(self, target: Target, sample: Sample) -> None:
        self._target = target
        self._sample = sample
        self._before: tuple[int, Mapping[str, float]] | None = None
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._work, name="database-load", daemon=True)

    def start(self) -> None:
        """Begin to ask, where there is anybody to be asked."""
        if isinstance(self._target, TellsDatabaseLoad):
            self._thread.start()

    def stop(self) -> None:
        """Stop."""
        self._halt.set()
        join_begun(self._thread, timeout_s=10)

    def _work(self) -> None:
        while not self._halt.wait(INTERVAL_S):
            if isinstance(self._target, TellsDatabaseLoad):
                self._ask(self._target)

    def _ask(self, target: TellsDatabaseLoad) -> None:
        try:
            at_us, told = now_us(), target.database_load()
        except FaultlineError:
            self._before = None
            return
        for name, value in told.items():
            if not name.endswith("_total"):
                self._sample(at_us, DATABASE, name, value)
            elif self._before is not None and at_us > self._before[0]:
                rate = (value - self._before[1].get(name, value)) / ((at_us - self._before[0]) / 1e6)
                self._sample(at_us, DATABASE, f"{name.removesuffix('_total')}_per_s", max(0.0, rate))
        self._before = (at_us, told)
