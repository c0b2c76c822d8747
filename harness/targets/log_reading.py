"""Reading the database's log: how much of it each node has on disk, and where each transaction's commit record ends.

Positions are bytes from the log's beginning. Nothing here goes through a link.
"""

import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.core.database_controls import Commit, LogPosition, Role
from harness.core.errors import ControlError
from harness.provision.postgres.settings import DATABASE, READER_ROLE, SUPERUSER
from harness.targets.database_nodes import Silent, ask, connect

if TYPE_CHECKING:
    from psycopg import Connection

_ANSWER_TIMEOUT_S = 1.0
_READ_TIMEOUT_MS = 20_000

# A receiver's position and timeline are one reading. Without a receiver its last position is still known; which
# timeline that was on is then told by the control file, late, and never too early.
_POSITION = b"""
SELECT pg_is_in_recovery(),
    CASE WHEN pg_is_in_recovery()
        THEN greatest(coalesce(w.flushed_lsn, pg_last_wal_receive_lsn()), pg_last_wal_replay_lsn())
        ELSE pg_current_wal_flush_lsn() END - '0/0'::pg_lsn,
    CASE WHEN pg_is_in_recovery()
        THEN coalesce(w.received_tli, greatest((pg_control_checkpoint()).timeline_id,
            (pg_control_recovery()).min_recovery_end_timeline))
        ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
    (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint
FROM (VALUES (1)) one LEFT JOIN pg_stat_wal_receiver w ON true
"""

_INSPECT = "CREATE EXTENSION IF NOT EXISTS pg_walinspect"
_END = """
SELECT pg_current_wal_flush_lsn() AS flushed,
    ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int AS timeline
"""
_HISTORY = "SELECT pg_read_file(%s, true) AS history"
_COMMITS = """
SELECT xid::text::bigint AS xid, (end_lsn - '0/0'::pg_lsn)::bigint AS commit_bytes
FROM pg_get_wal_records_info('0/0'::pg_lsn + %s::numeric, %s::pg_lsn)
WHERE resource_manager = 'Transaction' AND record_type LIKE 'COMMIT%%'
"""


class PositionReader:
    """One node, asked over a connection of its own, so that no other question delays this one."""

    def __init__(self, port: int, password: str) -> None:
        self._address = {"host": "127.0.0.1", "port": port, "dbname": DATABASE, "user": READER_ROLE}
        self._password = password
        self._connection: Connection[tuple[object, ...]] | None = None
        self._asking = threading.Lock()

    def read(self) -> LogPosition:
        """Return what the node has on disk. One that does not answer within a second is silent."""
        import psycopg

        with self._asking:
            try:
                if self._connection is None:
                    self._connection = connect(self._address, self._password)
                    # A reader is forgotten with its platform; nobody says when.
                    weakref.finalize(self, self._connection.close)
                return _position(ask(self._connection, _POSITION, _ANSWER_TIMEOUT_S))
            except (psycopg.Error, Silent) as error:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
                return LogPosition("refused" if "Connection refused" in str(error) else "silent")


def read_commits(ports: Sequence[int], password: str, after_bytes: int) -> Sequence[Commit]:
    """Return every commit after a position, from the first of these nodes that still has the log since then.

    The first port is the primary's: its history tells on which timeline each commit was made. Raises `ControlError`.
    """
    import psycopg

    try:
        with _inspector(ports[0], password) as primary:
            primary.execute(_INSPECT)
            end = primary.execute(_END).fetchone() or {}
            row = primary.execute(_HISTORY, (history_file(end["timeline"]),)).fetchone() or {}
    except psycopg.Error as error:
        raise ControlError(f"the log's history cannot be read: {error}") from error
    if not row.get("history") and end["timeline"] > 1:
        raise ControlError(f"the primary has no history of its timeline {end['timeline']}")
    switches = switches_of(str(row.get("history") or ""))
    said = ""
    for port in ports:
        try:
            with _inspector(port, password) as node:
                rows = node.execute(_COMMITS, (after_bytes, end["flushed"])).fetchall()
        except psycopg.Error as error:
            said = str(error).strip().split("\n", 1)[0]
            continue
        return [placed(row["xid"], row["commit_bytes"], switches, end["timeline"]) for row in rows]
    raise ControlError(f"no node has the log of this run any more: {said}")


def history_file(timeline: int) -> str:
    """Return where a server keeps the history of a timeline: its number in the name has capital hexadecimal digits."""
    return f"pg_wal/{timeline:08X}.history"


def switches_of(history: str) -> Sequence[tuple[int, int]]:
    """Return (timeline, position at which it ended) for each line of a timeline's history file, oldest first."""
    found = []
    for line in history.splitlines():
        fields = line.split("\t")
        if len(fields) >= 2 and fields[0].strip().isdigit():
            high, low = fields[1].split("/")
            found.append((int(fields[0]), (int(high, 16) << 32) + int(low, 16)))
    return found


def placed(xid: int, commit_bytes: int, switches: Sequence[tuple[int, int]], timeline: int) -> Commit:
    """Return a commit with the timeline that it was made on; `timeline` is the present one."""
    made_on = next((old for old, ended in switches if commit_bytes <= ended), timeline)
    return Commit(xid, commit_bytes, made_on)


def _inspector(port: int, password: str) -> "Connection[dict[str, Any]]":
    """Connect to the servers' own database: the platform's gets no extension from us."""
    import psycopg
    from psycopg.rows import dict_row

    return psycopg.connect(
        host="127.0.0.1",
        port=port,
        dbname="postgres",
        user=SUPERUSER,
        password=password,
        connect_timeout=3,
        autocommit=True,
        application_name="faultline",
        options=f"-c statement_timeout={_READ_TIMEOUT_MS}",
        row_factory=dict_row,
    )


def _position(result: Any) -> LogPosition:
    recovering, flushed, timeline, started = (result.get_value(0, column) or b"0" for column in range(4))
    role: Role = "standby" if recovering == b"t" else "primary"
    return LogPosition("up", role, int(timeline), int(float(flushed)), int(started))
