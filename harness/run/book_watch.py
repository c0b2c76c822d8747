"""Looks into the platform's books while the run goes on: what is still in flight, and what the ledger already says.

What was once in the ledger must be there at the end (I17), how fast a backlog drains is part of a recovery, and no
transaction may be idle while its process waits for a gateway (I56). All are read straight from the then primary; while
there is none, there is nothing to read.
"""

import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.column_types import schema
from harness.core.errors import FaultlineError
from harness.core.plain import Cell, Row
from harness.core.tables import LEDGER_SEEN
from harness.core.target import Target
from harness.run.database_watch import Sample
from harness.run.events import now_us
from harness.run.threads import join_begun

INTERVAL_S = 0.5
LEDGER_EVERY = 2
"""The ledger is read at every second look: once a second."""
OVERLAP = 1000
"""A posting may commit after others with higher ids: so many ids are read again each time."""


class BookWatch:
    """A thread that looks until it is stopped. It never disturbs the run: what cannot be read is left out."""

    def __init__(self, target: Target, sample: Sample) -> None:
        self._target = target
        self._sample = sample
        self._seen: dict[tuple[Cell, ...], Row] = {}
        self._highest = 0
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._work, name="book-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, folder: Path) -> None:
        """Stop, and write what the ledger said to `folder`."""
        self._halt.set()
        join_begun(self._thread, timeout_s=10)
        folder.mkdir(parents=True, exist_ok=True)
        rows = list(self._seen.values())
        pq.write_table(pa.Table.from_pylist(rows, schema=schema(LEDGER_SEEN)), folder / "ledger_seen.parquet")

    def _work(self) -> None:
        number = 0
        while not self._halt.wait(INTERVAL_S):
            number += 1
            self._look(with_ledger=number % LEDGER_EVERY == 1)
        self._look(with_ledger=True)

    def _look(self, *, with_ledger: bool) -> None:
        try:
            at_us, backlog = now_us(), self._target.backlog()
            for kind, count in backlog.items():
                self._sample(at_us, "platform", f"backlog_{kind}", float(count))
            if with_ledger:
                at_us = now_us()
                for row in self._target.ledger(self._highest - OVERLAP):
                    self._note(at_us, row)
            at_us, idle = now_us(), self._target.idle_transactions()
            for process, idle_s in idle.items():
                self._sample(at_us, process, "transaction_idle_s", idle_s)
        except FaultlineError:
            return  # no primary at the moment: that is what the run is about

    def _note(self, at_us: int, row: Row) -> None:
        self._highest = max(self._highest, int(str(row["posting_id"])))
        self._seen.setdefault(tuple(row.values()), {"seen_at_us": at_us, **row})
