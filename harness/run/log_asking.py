"""Asks every database node how much of the log it has on disk, from a process of its own: `python -m`, job on stdin.

The harness's own process reads histories, books and process tables meanwhile; a thread of it came up to 370 ms late on
a busy machine, and a payment that nobody looked at in time decides nothing. Ends when its standard input does.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.column_types import schema
from harness.core.database_controls import LogPosition
from harness.core.tables import LOG_POSITIONS
from harness.provision.processes.urgency import hurry
from harness.run.events import now_us
from harness.targets.log_reading import PositionReader

POLL_S = 0.04
"""Less than half of the 100 ms within which an acknowledged payment must be seen elsewhere."""

Asked = tuple[str, int, int, LogPosition]


class Asking:
    """One thread for each node, so that one that hangs hides nothing of the others."""

    def __init__(self, nodes: Mapping[str, Callable[[], LogPosition]]) -> None:
        self._rows: list[Asked] = []
        self._halt = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(node, ask), name=f"log-{node}", daemon=True)
            for node, ask in nodes.items()
        ]

    def start(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    def stop(self, path: Path) -> None:
        """Stop, and write what the nodes said to `path` (Parquet)."""
        self._halt.set()
        for thread in self._threads:
            thread.join(timeout=3)
        rows = [
            (node, asked, answered, found.state, found.role, found.timeline, found.flush_bytes, found.started_us)
            for node, asked, answered, found in list(self._rows)
        ]
        wanted = schema(LOG_POSITIONS)
        columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in wanted.names]
        table = pa.Table.from_pydict(dict(zip(wanted.names, columns, strict=True)), schema=wanted)
        pq.write_table(table, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    def _follow(self, node: str, ask: Callable[[], LogPosition]) -> None:
        until = 0.0
        while not self._halt.wait(max(0.0, until - time.monotonic())):
            until = time.monotonic() + POLL_S
            asked_us = now_us()
            found = ask()
            self._rows.append((node, asked_us, now_us(), found))


def main() -> None:
    """Ask from the first line of standard input (a job in JSON) until its end."""
    hurry()
    job = json.loads(sys.stdin.readline())
    asking = Asking({node: PositionReader(port, job["password"]).read for node, port in job["ports"].items()})
    asking.start()
    sys.stdin.read()
    asking.stop(Path(job["path"]))


if __name__ == "__main__":
    main()
