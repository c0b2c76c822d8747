"""The harness's own reading of the database: straight to the primary, never through a link, read-only."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.core.errors import ControlError
from harness.core.plain import Row
from harness.provision.postgres.settings import APPLICATION_ROLE, DATABASE, READER_ROLE

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.rows import DictRow

_SETTINGS = (
    *("server_version", "fsync", "synchronous_commit", "synchronous_standby_names", "full_page_writes"),
    *("max_connections", "wal_level"),
)

_LEDGER = """
SELECT posting_id, journal_id, cause, account, currency, amount_minor FROM books.postings
WHERE posting_id > %s ORDER BY posting_id
"""

_IDLE = f"""
SELECT application_name AS process, coalesce(max(extract(epoch FROM clock_timestamp() - state_change))
    FILTER (WHERE state LIKE 'idle in transaction%'), 0)::float8 AS idle_s
FROM pg_stat_activity WHERE usename = '{APPLICATION_ROLE}' AND application_name <> '' GROUP BY application_name
"""

_LOAD = f"""
SELECT (SELECT sum(xact_commit)::float8 FROM pg_stat_database) AS commits_total,
    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS wal_bytes_total,
    count(*) FILTER (WHERE wait_event_type = 'Lock')::float8 AS lock_waiters,
    count(*) FILTER (WHERE wait_event = 'SyncRep')::float8 AS standby_waiters
FROM pg_stat_activity WHERE usename = '{APPLICATION_ROLE}'
"""
_RECENT = """
SELECT gateway, count(*) AS count FROM books.attempts
WHERE prepared_at_us > (extract(epoch FROM clock_timestamp()) * 1e6)::bigint - %s GROUP BY gateway
"""
_ACTIVE = f"""
SELECT application_name AS process, count(*) FILTER (WHERE state <> 'idle')::float8 AS active, count(*)::float8 AS open
FROM pg_stat_activity WHERE usename = '{APPLICATION_ROLE}' AND application_name <> '' GROUP BY application_name
"""

_REPLICATED = """
SELECT coalesce(bool_and(flush_lsn >= %s::pg_lsn), current_setting('synchronous_standby_names') = '') AS replicated
FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')
"""
_REPLICATED_WITHIN_S = 0.6
_POLL_S = 0.05


class DatabaseReader:
    """Short read-only connections as a role that may read everything and change nothing.

    `primary_port` asks the nodes themselves who is the primary: one that is cut off believes what it last heard.
    """

    def __init__(self, primary_port: Callable[[], int], password: str) -> None:
        self._primary_port = primary_port
        self._password = password

    @contextmanager
    def connection(self) -> "Iterator[Connection[DictRow]]":
        """Open a connection to the current primary. Raises `ControlError` when that or a statement fails."""
        import psycopg
        from psycopg.rows import dict_row

        address = {"host": "127.0.0.1", "port": self._primary_port(), "dbname": DATABASE, "user": READER_ROLE}
        try:
            with psycopg.connect(
                **address,  # type: ignore[arg-type]
                password=self._password,
                connect_timeout=3,
                options="-c statement_timeout=60000",
                row_factory=dict_row,
            ) as opened:
                yield opened
        except psycopg.Error as error:
            raise ControlError(f"reading the database failed: {error}") from error

    def backlog(self) -> Mapping[str, int]:
        """Return what the platform has not finished, by kind."""
        with self.connection() as connection:
            rows = connection.execute("SELECT kind, count FROM books.backlog").fetchall()
        return {str(row["kind"]): int(row["count"]) for row in rows}

    def idle_transactions(self) -> Mapping[str, float]:
        """Return the platform's processes with how long the longest idle transaction of each has been idle."""
        with self.connection() as connection:
            rows = connection.execute(_IDLE.encode()).fetchall()
        return {str(row["process"]): float(row["idle_s"]) for row in rows}

    def load(self) -> Mapping[str, float]:
        """Return what is asked of the primary: commits and log since it began, sessions that wait, work, are open."""
        with self.connection() as connection:
            row = connection.execute(_LOAD.encode()).fetchone() or {}
            sessions = connection.execute(_ACTIVE.encode()).fetchall()
        found = {str(name): float(value or 0.0) for name, value in row.items()}
        for session in sessions:
            found[f"active_{session['process']}"] = float(session["active"])
            found[f"sessions_{session['process']}"] = float(session["open"])
        return found

    def recent_attempts(self, seconds: int) -> Mapping[str, int]:
        """Return how many attempts were prepared in the last seconds, by gateway."""
        with self.connection() as connection:
            rows = connection.execute(_RECENT, (seconds * 1_000_000,)).fetchall()
        return {str(row["gateway"]): int(row["count"]) for row in rows}

    def ledger(self, after: int) -> Sequence[Row]:
        """Return the postings with ids above `after`, oldest first, without the times that they were made at.

        Nothing while the synchronous standby does not have all of them: a commit whose wait was cancelled can be read
        by all, and promises nothing to anybody.
        """
        with self.connection() as connection:
            rows = connection.execute(_LEDGER, (after,)).fetchall()
            return rows if self._is_replicated(connection) else []

    @staticmethod
    def _is_replicated(connection: "Connection[DictRow]") -> bool:
        """Tell whether the synchronous standby, where there is one, soon has everything that can be read now."""
        until = time.monotonic() + _REPLICATED_WITHIN_S
        row = connection.execute("SELECT pg_current_wal_insert_lsn() AS position").fetchone()
        while True:
            found = connection.execute(_REPLICATED, (row["position"] if row else None,)).fetchone()
            if found is not None and found["replicated"]:
                return True
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_S)

    def durability(self) -> Mapping[str, str]:
        """Return the durability settings in force and who replicates how."""
        with self.connection() as connection:
            settings = {name: self._show(connection, name) for name in _SETTINGS}
            rows = connection.execute("SELECT application_name, state, sync_state FROM pg_stat_replication").fetchall()
        standbys = ", ".join(f"{row['application_name']} {row['state']} {row['sync_state']}" for row in rows)
        return settings | {"standbys": standbys or "none"}

    @staticmethod
    def _show(connection: "Connection[DictRow]", name: str) -> str:
        row = connection.execute("SELECT current_setting(%s) AS value", (name,)).fetchone()
        return str(row["value"]) if row else ""
