"""With no standby left, only members of the cluster may confirm a commit: on real servers, with a real stranger."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from harness.provision.ports import Ports
from harness.provision.postgres.binaries import find_binaries
from harness.provision.postgres.cluster import PostgresCluster
from harness.provision.postgres.family import command_line, freeze, kill, server_family
from harness.provision.postgres.settings import Passwords
from harness.provision.processes.ending import end_everything
from harness.provision.processes.supervisor import Supervisor
from harness.targets.database_nodes import NodeReader, try_write
from harness.workspace import Workspace

PORTS = Ports(25900)
NAMES = "SELECT current_setting('synchronous_standby_names')"
STRANGER = "SELECT state, sync_state, flush_lsn >= pg_current_wal_flush_lsn() FROM pg_stat_replication"
MEMBERS_ONLY = 'ANY 1 ("pg-a","pg-b","pg-c")'


def eventually(reached: Callable[[], bool], within_s: float = 20.0) -> bool:
    until = time.monotonic() + within_s
    while not reached():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


class Alone:
    """A primary whose standbys are both gone."""

    def __init__(self, cluster: PostgresCluster, passwords: Passwords, folder: Path) -> None:
        self.passwords, self.port, self.folder = passwords, cluster.primary_port(), folder

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname="payments",
            user="faultline_reader",
            password=self.passwords.reader,
        ) as connection:
            return connection.execute(statement.encode()).fetchall()

    def write(self) -> str:
        return try_write(self.port, self.passwords.superuser).answer

    @contextmanager
    def streaming(self, name: str, folder: Path) -> Iterator[None]:
        """Have somebody of that name receive the log, write it to disk and report each flush."""
        folder.mkdir()
        address = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "replicator", "PGAPPNAME": name}
        receiver = subprocess.Popen(
            [str(find_binaries().folder / "pg_receivewal"), "--synchronous", "--no-loop", "-D", str(folder)],
            env=os.environ | address | {"PGPASSWORD": self.passwords.replication},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            receiver.terminate()
            receiver.wait(timeout=10)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    workspace = Workspace(Path(tmp_path_factory.mktemp("strangers")) / "ws")
    workspace.prepare()
    supervisor = Supervisor(workspace)
    cluster = PostgresCluster(workspace, PORTS, supervisor)
    passwords = cluster.start(lambda _line: None)
    try:
        cluster.wait()
        made = Alone(cluster, passwords, workspace.cluster)
        for node in ("a", "b", "c"):
            if PORTS.of(f"pg-{node}") != made.port:
                silence(workspace.cluster / f"data-{node}")
        assert eventually(lambda: made.ask(NAMES) == [(MEMBERS_ONLY,)])
        yield made
    finally:
        end_everything(workspace)


def silence(data_folder: Path) -> None:
    """Have a standby receive no more. Its server starts no other receiver, and its Patroni goes on voting."""
    server, *children = server_family(data_folder)
    freeze([server])
    receivers = [child for child in children if "walreceiver" in command_line(child)]
    assert len(receivers) == 1
    kill(receivers)


@pytest.mark.real
def test_without_a_standby_a_commit_is_acknowledged_to_nobody(alone: Alone) -> None:
    assert alone.write() == "unanswered"


@pytest.mark.real
def test_a_stranger_who_has_flushed_a_commit_does_not_confirm_it(alone: Alone, tmp_path: Path) -> None:
    with alone.streaming("a backup", tmp_path / "log"):
        assert eventually(lambda: [row[0] for row in alone.ask(STRANGER)] == ["streaming"])
        assert alone.write() == "unanswered"
        # It has the commit on its disk and has said so; still it is none of those whose word counts.
        assert eventually(lambda: alone.ask(STRANGER) == [("streaming", "async", True)])
        assert alone.write() == "unanswered"


@pytest.mark.real
def test_who_streams_as_a_member_does_confirm_it(alone: Alone, tmp_path: Path) -> None:
    """The counterproof: nothing but the name kept the stranger from it."""
    with alone.streaming("pg-c", tmp_path / "log"):
        assert eventually(lambda: [row[:2] for row in alone.ask(STRANGER)] == [("streaming", "quorum")])
        assert eventually(lambda: alone.write() == "accepted")


@pytest.mark.real
def test_without_a_standby_that_has_it_all_nobody_takes_over_and_the_old_primary_comes_back(alone: Alone) -> None:
    """On a new timeline, as if it had been a failover: but what was saved, its own disk has saved."""
    nodes = {f"pg-{node}": NodeReader(PORTS.of(f"pg-{node}"), alone.passwords.reader) for node in ("a", "b", "c")}
    primary = next(node for node in nodes if PORTS.of(node) == alone.port)
    before = nodes[primary].look().timeline
    kill(server_family(alone.folder / f"data-{primary[-1]}"))
    seen: list[str] = []

    def writable() -> bool:
        seen.extend(node for node, reader in nodes.items() if reader.look().accepts_writes)
        return bool(seen)

    assert eventually(writable, within_s=60.0)
    assert seen == [primary]
    assert nodes[primary].look().timeline > before
    assert alone.write() == "unanswered"
