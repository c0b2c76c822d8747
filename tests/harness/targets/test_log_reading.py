"""What the nodes have on disk and where commits end, read from a real cluster through a change of roles."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import requests

from harness.core.database_controls import Commit
from harness.core.errors import ControlError
from harness.provision.ports import Ports
from harness.provision.postgres.cluster import PostgresCluster
from harness.provision.postgres.settings import Passwords
from harness.provision.processes.ending import end_everything
from harness.provision.processes.supervisor import Supervisor
from harness.targets.log_reading import PositionReader, history_file, placed, read_commits, switches_of
from harness.workspace import Workspace

PORTS = Ports(25800)


@dataclass
class Running:
    cluster: PostgresCluster
    passwords: Passwords

    def commit(self, node: str) -> int:
        """Commit something on a node, and return the transaction's id."""
        address = {"host": "127.0.0.1", "port": PORTS.of(node), "dbname": "payments", "user": "postgres"}
        with psycopg.connect(**address, password=self.passwords.superuser, autocommit=True) as connection:
            row = connection.execute(
                "SELECT pg_logical_emit_message(true, 'test', ''), pg_current_xact_id()::text"
            ).fetchone()
        assert row is not None
        return int(row[1])

    def commits(self, *nodes: str, after: int) -> dict[int, Commit]:
        found = read_commits([PORTS.of(node) for node in nodes], self.passwords.superuser, after)
        return {item.xid: item for item in found}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    workspace = Workspace(Path(tmp_path_factory.mktemp("log")) / "ws")
    workspace.prepare()
    cluster = PostgresCluster(workspace, PORTS, Supervisor(workspace))
    passwords = cluster.start(lambda _line: None)
    try:
        cluster.wait_primary()
        cluster.wait()
        yield Running(cluster, passwords)
    finally:
        end_everything(workspace)


def wait_until(check: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not check():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.real
def test_a_commit_is_found_in_the_log_on_its_own_timeline_and_on_every_nodes_disk(running: Running) -> None:
    first, second = (PositionReader(PORTS.of(node), running.passwords.reader) for node in ("pg-a", "pg-b"))
    before = first.read()
    assert (before.state, before.role, second.read().role) == ("up", "primary", "standby")
    early = running.commit("pg-a")
    found = running.commits("pg-a", "pg-b", after=before.flush_bytes)[early]
    # The commit was acknowledged, so the synchronous standby has it already.
    assert before.flush_bytes < found.commit_bytes <= second.read().flush_bytes
    assert found.timeline == before.timeline == second.read().timeline

    roles = {"leader": "pg-a", "candidate": "pg-b"}
    requests.post(f"http://127.0.0.1:{PORTS.of('patroni-a')}/switchover", json=roles, timeout=60)
    wait_until(lambda: second.read().role == "primary")
    running.cluster.wait()
    late = running.commit("pg-b")
    commits = running.commits("pg-b", "pg-a", after=before.flush_bytes)
    assert commits[early] == found
    assert commits[late].timeline == found.timeline + 1
    assert second.read().timeline == commits[late].timeline
    wait_until(lambda: first.read().role == "standby")
    wait_until(lambda: first.read().timeline == commits[late].timeline)
    assert commits[late].commit_bytes <= first.read().flush_bytes
    # A standby is asked where the primary no longer has the log; here it answers the same.
    assert running.commits("pg-b", "pg-a", after=before.flush_bytes)[early] == found


@pytest.mark.real
def test_a_log_that_is_gone_is_an_error_and_not_an_empty_answer(running: Running) -> None:
    with pytest.raises(ControlError, match="no node has the log of this run any more"):
        running.commits("pg-b", after=0)


def test_where_nobody_listens_nothing_can_arrive() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert PositionReader(port, "").read().state == "refused"


def test_who_takes_the_question_and_never_answers_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as hung:
        hung.bind(("127.0.0.1", 0))
        hung.listen()
        assert PositionReader(hung.getsockname()[1], "").read().state == "silent"


@pytest.mark.parametrize(("timeline", "name"), [(2, "00000002"), (10, "0000000A"), (31, "0000001F"), (256, "00000100")])
def test_a_timelines_history_is_under_its_number_in_capital_digits(timeline: int, name: str) -> None:
    """Ten failovers on one platform: in small letters there was no file, and every commit counted as made just now."""
    assert history_file(timeline) == f"pg_wal/{name}.history"


@pytest.mark.real
def test_a_history_that_is_not_there_is_an_error_and_not_an_empty_one(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.targets.log_reading.history_file", lambda timeline: "pg_wal/0000000a.history")
    with pytest.raises(ControlError, match=r"the primary has no history of its timeline \d"):
        running.commits(
            "pg-b", "pg-a", after=PositionReader(PORTS.of("pg-b"), running.passwords.reader).read().flush_bytes
        )


def test_a_commit_belongs_to_the_timeline_that_ended_after_it() -> None:
    history = "1\t0/3000060\tno recovery target specified\n\n2\t1/00000010\tno recovery target specified\n"
    switches = switches_of(history)
    assert switches == [(1, 0x3000060), (2, 0x1_0000_0010)]
    where = [placed(7, end, switches, 3).timeline for end in (0x3000060, 0x3000061, 0x1_0000_0010, 0x1_0000_0011)]
    assert where == [1, 2, 2, 3]
    assert placed(7, 100, switches_of(""), 1).timeline == 1
