"""Watches the platform while it is under load: breaker states as events, CPU of each process as metrics."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.errors import FaultlineError
from harness.core.plain import Cell
from harness.core.target import Target
from harness.run.events import EventLog, now_us
from harness.run.threads import join_begun

SAMPLE_INTERVAL_S = 0.5

METRICS = pa.schema([("at_us", pa.int64()), ("process", pa.string()), ("metric", pa.string()), ("value", pa.float64())])


class Sampler:
    """A thread that samples until it is stopped. It never disturbs the run: what cannot be read is left out."""

    def __init__(self, target: Target, events: EventLog) -> None:
        self._target = target
        self._events = events
        self._rows: list[tuple[int, str, str, float]] = []
        self._cpu: dict[str, tuple[int, float]] = {}
        self._breakers: dict[tuple[Cell, Cell], Cell] = {}
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sampler", daemon=True)

    @property
    def samples(self) -> Sequence[tuple[int, str, str, float]]:
        """What was sampled so far: when (microseconds since the epoch), whose, which, its value."""
        return self._rows

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def add(self, at_us: int, process: str, metric: str, value: float) -> None:
        """Keep a value that somebody else measured (`at_us` in microseconds since the epoch)."""
        self._rows.append((at_us, process, metric, value))

    def stop(self, metrics: Path) -> None:
        """Stop, and write what was seen to `metrics` (Parquet)."""
        self._halt.set()
        join_begun(self._thread, timeout_s=10)
        columns = list(zip(*self._rows, strict=True)) if self._rows else [(), (), (), ()]
        table = pa.table(dict(zip(METRICS.names, map(list, columns), strict=True)), schema=METRICS)
        pq.write_table(table, metrics)

    def _watch(self) -> None:
        while not self._halt.wait(SAMPLE_INTERVAL_S):
            self._sample_cpu()
            self._sample_breakers()

    def _sample_cpu(self) -> None:
        at_us = now_us()
        for process, used_s in self._target.cpu().items():
            before = self._cpu.get(process)
            self._cpu[process] = (at_us, used_s)
            if before and at_us > before[0]:
                share = (used_s - before[1]) / ((at_us - before[0]) / 1e6)
                self._rows.append((at_us, process, "cpu_share", max(0.0, share)))

    def _sample_breakers(self) -> None:
        try:
            seen = self._target.breakers()
        except FaultlineError:
            return  # an API replica may be the very thing that is broken; its breakers are also in the books
        for breaker in seen:
            key = (breaker.get("gateway"), breaker.get("operation_class"))
            state = breaker.get("state")
            before = self._breakers.get(key, "closed")
            self._breakers[key] = state
            if state != before:
                self._events.add("breaker", gateway=key[0], operation_class=key[1], from_state=before, to_state=state)
