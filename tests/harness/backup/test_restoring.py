"""Backups of a real server come back to a moment, and one that cannot be restored is found by restoring it."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from harness.backup.archiving import Archiver, Source
from harness.backup.proving import prove
from harness.backup.restoring import CannotRestore, Moment, Restorer
from harness.backup.retention import Retention
from harness.backup.serving import Alone
from harness.backup.store import Store, key_in
from harness.backup.taking import Backup, Taker, listed, thin_out
from harness.provision.ports import Ports
from harness.provision.postgres.account import database_account
from harness.provision.postgres.binaries import find_binaries
from harness.provision.postgres.snapshot import restore
from harness.provision.processes.ending import end_everything
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.workspace import Workspace

pytestmark = pytest.mark.real
PORTS = Ports(24_000)
PORT, ASIDE_PORT = PORTS.of("pg-a"), PORTS.of("pg-b")


@dataclass
class Backed:
    """A server with a full backup, an increment, and an archive that ends after everything was deleted by mistake."""

    source: Source
    store: Store
    full: Backup
    increment: Backup
    before_the_mistake: datetime
    password: str
    scratch: Path

    def restorer(self, store: Store | None = None) -> Restorer:
        folder = self.scratch / "restored"
        return Restorer(self.source, store or self.store, self.alone, folder)

    @property
    def alone(self) -> Alone:
        return Alone(find_binaries().folder, database_account(), ASIDE_PORT, self.password)

    def copy_of_store(self, target: Path) -> Store:
        shutil.copytree(self.store.root, target)
        return Store(target, self.store.key)


def ask(port: int, password: str, statement: str) -> list[tuple[Any, ...]]:
    address = {"host": "127.0.0.1", "port": port, "dbname": "payments", "user": "postgres", "password": password}
    with psycopg.connect(**address, autocommit=True) as connection:  # type: ignore[arg-type]
        answer = connection.execute(statement.encode())
        return answer.fetchall() if answer.description else []


def server(supervisor: Supervisor, workspace: Workspace, password: str) -> None:
    data, account = workspace.cluster / "data-a", database_account()
    settings = {"port": PORT, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "summarize_wal": "on",
                "wal_level": "replica", "fsync": "off"}  # fmt: skip
    (data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n"
                                      "host replication all 127.0.0.1/32 scram-sha-256\n")  # fmt: skip
    with (data / "postgresql.conf").open("a") as configuration:
        # Patroni leaves these in every server's file, and so in every backup.
        configuration.write("recovery_target = ''\nrecovery_target_time = ''\nrecovery_target_xid = ''\n")
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = (*account.prefix, str(find_binaries().folder / "postgres"), "-D", str(data), *options)
    supervisor.spawn(ProcessSpec("server", command, cwd=Path("/"), data_folder=str(data)))

    def answers() -> bool:
        try:
            return bool(ask(PORT, password, "SELECT 1"))
        except psycopg.OperationalError:
            return False

    supervisor.wait_ready("server", answers, deadline_s=120.0)


@pytest.fixture(scope="module")
def backed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backed]:
    workspace = Workspace(Path(tmp_path_factory.mktemp("backed")) / "ws")
    workspace.prepare()
    supervisor, binaries = Supervisor(workspace), find_binaries()
    passwords = restore(workspace.cluster, binaries, database_account(), lambda _line: None, ["a"])
    try:
        server(supervisor, workspace, passwords.superuser)
        store = Store(workspace.root / "region-b", key_in(workspace.root / "backup.key"))
        source = Source(lambda: PORT, binaries.folder, "replicator", passwords.replication)
        scratch = workspace.cluster / "scratch"
        taker = Taker(source, store, scratch)
        archiver = Archiver(source, store, supervisor, workspace.root / "spool")
        archiver.start()

        def run(statement: str) -> list[tuple[Any, ...]]:
            return ask(PORT, passwords.superuser, statement)

        run("CREATE TABLE rows (n int); INSERT INTO rows SELECT generate_series(1, 1000)")
        full = taker.take(aside={"configuration": {"summarize_wal": "on"}, "secrets": ["database_replication"]})
        run("INSERT INTO rows SELECT generate_series(1001, 2000)")
        increment = taker.take(full)
        run("INSERT INTO rows SELECT generate_series(2001, 3000)")
        time.sleep(0.05)
        before = run("SELECT clock_timestamp()")[0][0]
        time.sleep(0.05)
        run("DELETE FROM rows WHERE n > 10")
        segment = run("SELECT pg_walfile_name(pg_current_wal_lsn())")[0][0]
        run("SELECT pg_switch_wal()")
        archiver.await_segment(segment)
        archiver.stop()
        yield Backed(source, store, full, increment, before, passwords.superuser, scratch)
    finally:
        end_everything(workspace)


def test_the_increment_is_smaller_and_both_are_listed(backed: Backed) -> None:
    assert listed(backed.store) == [backed.full, backed.increment]
    assert (backed.increment.parent, backed.increment.size < backed.full.size / 2) == (backed.full.id, True)


def test_an_increment_comes_back_to_the_moment_before_the_mistake(backed: Backed) -> None:
    restored = backed.restorer().restore(backed.increment, Moment(backed.before_the_mistake))
    with backed.alone.serving(restored.data) as port:
        assert ask(port, backed.password, "SELECT count(*) FROM rows") == [(3000,)]


def test_a_restore_test_passes_for_the_full_backup_to_the_end_of_the_archive(backed: Backed) -> None:
    found = prove(backed.restorer(), backed.full)
    assert (found.reason, set(found.steps_s)) == ("", {"open and verify", "log", "recover"})


def test_a_gap_in_the_archive_is_found_and_named(backed: Backed, tmp_path: Path) -> None:
    store = backed.copy_of_store(tmp_path / "gap")
    names = [name for name in store.names("wal") if not name.endswith(".partial")]
    missing = names[-1]
    store.put_bytes("wal/000000010000000000000FFF", b"")
    store.remove(missing)
    found = prove(backed.restorer(store), backed.full)
    assert not found.restorable
    assert f"gap: {missing.removeprefix('wal/')}" in found.reason


def test_a_flipped_bit_in_a_backup_is_found(backed: Backed, tmp_path: Path) -> None:
    store = backed.copy_of_store(tmp_path / "flipped")
    path = store.path(f"base/{backed.full.id}/data")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found = prove(backed.restorer(store), backed.increment)
    assert not found.restorable
    assert "changed, cut or swapped" in found.reason


def test_a_moment_that_the_archive_does_not_reach_is_refused(backed: Backed) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    with pytest.raises(CannotRestore, match="before configured recovery target was reached"):
        backed.restorer().restore(backed.increment, Moment(later))


def test_thinning_out_keeps_what_an_increment_builds_upon(backed: Backed, tmp_path: Path) -> None:
    store = backed.copy_of_store(tmp_path / "thinned")
    assert thin_out(store, Retention(1, 0, 0), datetime.now(UTC) + timedelta(days=30)) == []
    taken = [item.id for item in listed(store)]
    assert taken == [backed.full.id, backed.increment.id]
