"""Asking each database node itself, straight and never through a link, without ever waiting for one that hangs."""

import select
import threading
import time
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.core.database_controls import NodeState, Written
from harness.provision.postgres.settings import DATABASE, READER_ROLE, SUPERUSER

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

_CONNECT_TIMEOUT_S = 1
_LOOK_TIMEOUT_S = 1.0
_WRITE_TIMEOUT_S = 0.5

_LOOK = b"""
SELECT NOT pg_is_in_recovery() AS writable,
    CASE WHEN pg_is_in_recovery()
        THEN greatest((SELECT received_tli FROM pg_stat_wal_receiver), (pg_control_checkpoint()).timeline_id,
            (pg_control_recovery()).min_recovery_end_timeline)
        ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
    (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0')::bigint,
    (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum'))
"""
_WRITE = b"SELECT pg_logical_emit_message(true, 'faultline', 'may this be written here?')"
"""Writes to the log and commits, which is all that a proof needs: no table, so nothing to clean up."""

_DOWN = NodeState()


class Silent(Exception):
    """The node took the question and did not answer in time."""


class NodeReader:
    """One node, asked over a connection that is kept. Threads may share it."""

    def __init__(self, port: int, password: str) -> None:
        self._address = {"host": "127.0.0.1", "port": port, "dbname": DATABASE, "user": READER_ROLE}
        self._password = password
        self._connection: Connection[tuple[object, ...]] | None = None
        self._asking = threading.Lock()

    def look(self) -> NodeState:
        """Return what the node says now. One that refuses, or is silent for a second, is not up."""
        import psycopg

        with self._asking:
            # A connection that was kept may have ended with a server that is back by now.
            for _ in range(1 if self._connection is None else 2):
                try:
                    if self._connection is None:
                        self._connection = connect(self._address, self._password)
                        # A reader is forgotten with its platform; nobody says when.
                        weakref.finalize(self, self._connection.close)
                    return _state(ask(self._connection, _LOOK, _LOOK_TIMEOUT_S))
                except psycopg.Error:
                    self._drop()
                except Silent:
                    self._drop()
                    break
            return _DOWN

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def try_write(port: int, password: str) -> Written:
    """Try one small write on a node as a client would; a commit that waits for a standby is given up after 0.5 s."""
    import psycopg

    address = {"host": "127.0.0.1", "port": port, "dbname": DATABASE, "user": SUPERUSER}
    try:
        connection = connect(address, password)
    except psycopg.Error as error:
        return Written("refused", _first_line(error))
    try:
        ask(connection, _WRITE, _WRITE_TIMEOUT_S)
    except Silent:
        return Written("unanswered", f"no answer in {_WRITE_TIMEOUT_S:g} s")
    except psycopg.Error as error:
        return Written("refused", _first_line(error))
    finally:
        connection.close()
    return Written("accepted")


def connect(address: Mapping[str, object], password: str) -> "Connection[tuple[object, ...]]":
    """Connect to one node within a second, in autocommit mode. Raises `psycopg.Error`."""
    import psycopg

    return psycopg.connect(
        **address,  # type: ignore[arg-type]
        password=password,
        connect_timeout=_CONNECT_TIMEOUT_S,
        autocommit=True,
        application_name="faultline",
    )


def ask(connection: "Connection[tuple[object, ...]]", statement: bytes, timeout_s: float) -> "PGresult":
    """Return the answer to a statement. Raises `Silent` after `timeout_s`, `psycopg.Error` for a refusal.

    A frozen server acknowledges every byte and answers nothing: only a clock of our own notices.
    """
    import psycopg
    from psycopg.pq import ExecStatus

    server = connection.pgconn
    server.send_query(statement)
    until = time.monotonic() + timeout_s
    while server.is_busy():
        readable, _, _ = select.select([server.socket], [], [], max(0.0, until - time.monotonic()))
        if not readable:
            raise Silent
        server.consume_input()
    result = server.get_result()
    if result is None or result.status != ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError(result.error_message.decode() if result else "the connection was closed")
    while server.get_result():
        continue
    return result


def _state(result: "PGresult") -> NodeState:
    writable, timeline, wal_bytes, synchronous = (result.get_value(0, column) or b"0" for column in range(4))
    primary = writable == b"t"
    role = "primary" if primary else "standby"
    return NodeState(True, role, int(timeline), primary, int(wal_bytes), int(synchronous))  # type: ignore[arg-type]


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
