"""Watches how much of the database's log each node has on its own disk, while the load runs.

Beside where each commit ends in that log, it tells how many copies there were of a payment when its client was
answered. Every node is asked straight, by a process that is run before others (`log_asking`).
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.core.column_types import schema
from harness.core.database_controls import Commit, Database
from harness.core.errors import ControlError
from harness.core.tables import COMMITS

_END_S = 10.0


class LogWatch:
    """Has the nodes asked until it is stopped; nothing is asked where there are no nodes."""

    def __init__(self, database: Database, folder: Path) -> None:
        """`folder` is where `log_positions.parquet` comes."""
        self.database = database
        self.path = folder / "log_positions.parquet"
        self._asking: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to watch. The child ends with its standard input, however this process ends."""
        sources = self.database.log_sources()
        if not sources.ports:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        job = {"ports": dict(sources.ports), "password": sources.password, "path": str(self.path)}
        command = [sys.executable, "-m", "harness.run.log_asking"]
        self._asking = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        self._say(json.dumps(job).encode() + b"\n")

    def stop(self) -> None:
        """Stop watching. A child that does not end by itself is killed, and its table is then missing."""
        asking, self._asking = self._asking, None
        if asking is None:
            return
        if asking.stdin is not None:
            with suppress(OSError):
                asking.stdin.close()
        try:
            asking.wait(_END_S)
        except subprocess.TimeoutExpired:
            asking.kill()
            asking.wait()

    def save_commits(self) -> str:
        """Write where every commit of the run ends in the log, as `commits.parquet`; return why that could not be had.

        Nothing that the run wrote is before the lowest position that any node told of.
        """
        if not self.database.log_sources().ports:
            return ""
        try:
            told = pq.read_table(self.path, columns=["flush_bytes"])["flush_bytes"]
        except (OSError, pa.ArrowInvalid):
            return "nobody wrote down how far the log went"
        first = pc.min(told.filter(pc.greater(told, 0))).as_py()
        if first is None:
            return "no node told how far its log went"
        try:
            found = self.database.commits(int(first))
        except ControlError as error:
            return str(error)
        _write(self.path.with_name("commits.parquet"), found)
        return ""

    def _say(self, line: bytes) -> None:
        assert self._asking is not None
        assert self._asking.stdin is not None
        with suppress(OSError):  # a child that died at once: its table is missing, which the judge says
            self._asking.stdin.write(line)
            self._asking.stdin.flush()


def _write(path: Path, commits: Sequence[Commit]) -> None:
    wanted = schema(COMMITS)
    rows = {name: [getattr(item, name) for item in commits] for name in wanted.names}
    pq.write_table(pa.Table.from_pydict(rows, schema=wanted), path)
