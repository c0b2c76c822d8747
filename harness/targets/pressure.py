"""`core.pressure_controls.Pressure` on the embedded cluster: other clients, a small disk, a superuser's impatience."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import harness
from harness.core.database_controls import Database
from harness.core.errors import ControlError
from harness.core.fault import Undo
from harness.guard.pressure_healers import HOG, free_undo, release_undo
from harness.provision.ports import Ports
from harness.provision.postgres.settings import APPLICATION_ROLE, DATABASE, READER_ROLE, SUPERUSER
from harness.provision.postgres.small_disk import ballast_of
from harness.provision.processes.ending import MARK_GROUP, MARK_WORKSPACE
from harness.provision.processes.supervisor import Supervisor, inherited_environment

if TYPE_CHECKING:
    from psycopg import Connection

_HOLD_DEADLINE_S = 20.0
_SWITCHES_S = 4.0
FULL = "No space left on device"
_TOO_MANY = "53300"


class PressureControls:
    """Works on whichever node is the primary at the time. `reader` and `superuser` are those roles' passwords."""

    def __init__(self, ports: Ports, supervisor: Supervisor, nodes: Database, *, reader: str, superuser: str) -> None:
        self._ports = ports
        self._supervisor = supervisor
        self._nodes = nodes
        self._reader = reader
        self._superuser = superuser

    def hold_connections(self) -> int:
        """Take connections until the server refuses more, keep them, and return how many."""
        address = {"port": self._ports.of(self._nodes.primary()), "database": DATABASE}
        marks = {MARK_WORKSPACE: str(self._supervisor.workspace.root), MARK_GROUP: "run"}
        try:
            ran = subprocess.run(
                [sys.executable, "-m", HOG],
                input=json.dumps({**address, "user": READER_ROLE, "password": self._reader}),
                capture_output=True,
                text=True,
                timeout=_HOLD_DEADLINE_S,
                cwd="/",
                env=inherited_environment() | marks | {"PYTHONPATH": str(Path(harness.__file__).parent.parent)},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ControlError(f"the database's connections were not taken in {_HOLD_DEADLINE_S:g} s") from error
        if ran.returncode != 0:
            raise ControlError(f"the database's connections could not be taken: {ran.stderr.strip()[-200:]}")
        return int(ran.stdout)

    def undo_hold(self) -> Undo:
        """Return the step that ends whoever holds them."""
        return release_undo(self._supervisor.workspace.root)

    def connection_refused(self) -> bool:
        """Try to connect as an ordinary client would; true where the server has no connection left."""
        import psycopg

        try:
            with self._connect(self._nodes.primary(), READER_ROLE, self._reader):
                return False
        except psycopg.OperationalError as error:
            return error.sqlstate == _TOO_MANY or "too many clients" in str(error) or "reserved for" in str(error)

    def drop_platform_connections(self) -> int:
        """End the platform's own connections on the server; return how many there were."""
        return self._signal("pg_terminate_backend", "")

    def cancel_commits(self, *, terminate: bool) -> int:
        """Cancel every commit of the platform that waits for the standby (or end its connection)."""
        return self._signal("pg_terminate_backend" if terminate else "pg_cancel_backend", "AND wait_event = 'SyncRep'")

    def hold_rows(self, hold_ms: int) -> int:
        """Lock the idempotency keys of payments in work for `hold_ms`: their last transaction waits half-way."""
        import psycopg

        # The one place that names a table of the platform: what a session forgot to unlock has a name.
        lock = "SELECT 1 FROM pay.idempotency_keys WHERE state = 'in_flight' FOR UPDATE SKIP LOCKED"
        statement = f"WITH held AS MATERIALIZED ({lock}) SELECT count(*), pg_sleep({hold_ms / 1000}) FROM held"
        try:
            with self._impatient(self._nodes.primary()) as connection:
                row = connection.execute(statement.encode()).fetchone()
        except psycopg.Error as error:
            raise ControlError(f"rows could not be held: {error}") from error
        return int(str(row[0])) if row else 0

    def fill_disk(self, node: str) -> int:
        """Fill a node's small disk with a ballast file and have the server go on to its next log file."""
        ballast = self._ballast(node)
        try:
            free = os.statvfs(ballast.parent).f_bavail * os.statvfs(ballast.parent).f_frsize
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, free))
        except OSError as error:
            raise ControlError(f"{node} has no small disk to fill ({ballast}: {error.strerror})") from error
        self._use_up(node)
        return ballast.stat().st_size

    def undo_fill(self, node: str) -> Undo:
        """Return the step that removes the ballast."""
        return free_undo(self._ballast(node), node)

    def disk_errors(self, node: str) -> int:
        """Return how often a node's server has told so far that its disk is full."""
        try:
            return self._supervisor.log_path(node).read_text(errors="replace").count(FULL)
        except OSError:
            return 0

    def _use_up(self, node: str) -> None:
        """Go on from log file to log file until one cannot be made any more: the server ends there, in its own way."""
        import psycopg

        until = time.monotonic() + _SWITCHES_S
        told = self.disk_errors(node)
        while self.disk_errors(node) == told and time.monotonic() < until:
            try:
                with self._impatient(node) as connection:
                    connection.execute("SELECT pg_logical_emit_message(false, 'faultline', 'x'), pg_switch_wal()")
            except psycopg.Error:
                time.sleep(0.1)

    def _signal(self, function: str, condition: str) -> int:
        import psycopg

        # All names are this module's own.
        statement = f"SELECT {function}(pid) FROM pg_stat_activity WHERE usename = '{APPLICATION_ROLE}' {condition}"
        count = 0
        for node in self._nodes.nodes():
            try:
                with self._impatient(node) as connection:
                    count += connection.execute(statement.encode()).rowcount
            except psycopg.Error:
                # A node that is down waits for nobody.
                continue
        return count

    @contextmanager
    def _impatient(self, node: str) -> "Iterator[Connection[tuple[object, ...]]]":
        with self._connect(node, SUPERUSER, self._superuser) as connection:
            yield connection

    def _connect(self, node: str, user: str, password: str) -> "Connection[tuple[object, ...]]":
        import psycopg

        return psycopg.connect(
            host="127.0.0.1",
            port=self._ports.of(node),
            dbname=DATABASE,
            user=user,
            password=password,
            connect_timeout=2,
            autocommit=True,
            application_name="faultline",
            options="-c statement_timeout=1000",
        )

    def _ballast(self, node: str) -> Path:
        record = self._supervisor.records.get(node)
        if record is None:
            raise ControlError(f"{node} was never started")
        return ballast_of(record.pid, Path(record.data_folder))
