"""Watches how much of the database's log each node has on its own disk, while the load runs.

Beside where each commit ends in that log, it tells how many copies there were of a payment when its client was
answered. Every node is asked straight, by a thread of its own, so that one that hangs hides nothing of the others.
"""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.database_controls import Database, LogPosition
from harness.core.errors import ControlError
from harness.run.events import now_us
from harness.targets.books_schema import COMMITS, LOG_POSITIONS, schema

POLL_S = 0.04
"""Less than half of the 100 ms within which an acknowledged payment must be seen elsewhere."""


class LogWatch:
    """One thread for each node, until it is stopped."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._rows: list[tuple[str, int, int, LogPosition]] = []
        self._halt = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(node,), name=f"log-{node}", daemon=True)
            for node in database.nodes()
        ]

    @property
    def first_bytes(self) -> int | None:
        """The lowest position that any node told of: nothing that the run wrote is before it. None: nobody told any."""
        return min((found.flush_bytes for *_, found in self._rows if found.flush_bytes), default=None)

    def start(self) -> None:
        """Begin to watch."""
        for thread in self._threads:
            thread.start()

    def stop(self, folder: Path) -> None:
        """Stop, and write what the nodes said to `folder`; nothing where there are no nodes."""
        self._halt.set()
        for thread in self._threads:
            thread.join(timeout=10)
        if not self._threads:
            return
        rows = [
            (node, asked, answered, found.state, found.role, found.timeline, found.flush_bytes, found.started_us)
            for node, asked, answered, found in list(self._rows)
        ]
        _write(folder / "log_positions.parquet", LOG_POSITIONS, rows)

    def _follow(self, node: str) -> None:
        until = 0.0
        while not self._halt.wait(max(0.0, until - time.monotonic())):
            until = time.monotonic() + POLL_S
            asked_us = now_us()
            found = self.database.log_position(node)
            self._rows.append((node, asked_us, now_us(), found))


def save_commits(watch: LogWatch, folder: Path) -> str:
    """Write where every commit of the run ends in the log; return why that could not be had, else an empty string."""
    if not watch.database.nodes():
        return ""
    if watch.first_bytes is None:
        return "no node told how far its log went"
    try:
        found = watch.database.commits(watch.first_bytes)
    except ControlError as error:
        return str(error)
    _write(folder / "commits.parquet", COMMITS, [(item.xid, item.commit_bytes, item.timeline) for item in found])
    return ""


def _write(path: Path, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    wanted = schema(columns)
    values = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in wanted.names]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pydict(dict(zip(wanted.names, values, strict=True)), schema=wanted), path)
