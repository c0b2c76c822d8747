"""Bringing a broken cluster back before the next run, on processes that only exist on paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ProvisionError
from harness.provision.ports import Ports
from harness.provision.postgres import cluster as clusters
from harness.provision.postgres.cluster import PostgresCluster, processes
from harness.provision.postgres.view import Member
from harness.provision.processes.records import ProcessRecord
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.workspace import Workspace

WHOLE = [
    Member("pg-a", "leader", "running"),
    Member("pg-b", "quorum_standby", "streaming"),
    Member("pg-c", "quorum_standby", "streaming"),
]


class PaperSupervisor(Supervisor):
    """Every process that was started lives; nothing was started yet."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.started: list[str] = []

    @property
    def records(self) -> Mapping[str, ProcessRecord]:
        return {}

    def alive(self, name: str) -> bool:
        return True

    def spawn(self, spec: ProcessSpec) -> ProcessRecord:
        self.started.append(spec.name)
        return ProcessRecord(spec.name, 1, 0.0, spec.command)


@pytest.fixture
def supervisor(tmp_path: Path) -> PaperSupervisor:
    return PaperSupervisor(Workspace(tmp_path))


def broken(supervisor: PaperSupervisor, monkeypatch: pytest.MonkeyPatch, *members: list[Member]) -> Any:
    """Return a cluster whose members are these, look after look, the last for ever."""
    made = PostgresCluster(supervisor.workspace, Ports(25200), supervisor)
    looks = list(members)
    monkeypatch.setattr(made, "members", lambda: looks.pop(0) if len(looks) > 1 else looks[0])
    monkeypatch.setattr(made, "_nudge", lambda: None)
    return made


def test_a_cluster_that_is_whole_is_left_alone(supervisor: PaperSupervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(supervisor, monkeypatch, WHOLE).repair()
    assert supervisor.started == []


def test_what_died_is_started_and_the_whole_is_waited_for(
    supervisor: PaperSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(supervisor, monkeypatch, [], WHOLE[:1], WHOLE[:2], WHOLE).repair()
    assert supervisor.started == list(processes(3)) == ["pg-a", "pg-b", "pg-c"]


def test_a_cluster_that_does_not_come_back_stops_the_run_and_says_what_is_there(
    supervisor: PaperSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_FORM_DEADLINE_S", 0.0)
    with pytest.raises(
        ProvisionError, match=r"not a primary with 2 synchronous standbys after 0 s: .*leader"
    ) as stopped:
        broken(supervisor, monkeypatch, WHOLE[:1]).repair()
    assert stopped.value.exit_code == 70


@pytest.mark.parametrize(
    ("role", "state", "synchronous", "whole"),
    [
        ("quorum_standby", "streaming", True, True),
        ("replica", "streaming", True, False),
        ("replica", "streaming", False, True),
        ("quorum_standby", "starting", True, False),
    ],
)
def test_a_cluster_is_whole_when_every_standby_may_confirm(
    supervisor: PaperSupervisor,
    monkeypatch: pytest.MonkeyPatch,
    role: str,
    state: str,
    synchronous: bool,
    whole: bool,
) -> None:
    made = PostgresCluster(supervisor.workspace, Ports(25200), supervisor, synchronous=synchronous)
    monkeypatch.setattr(made, "members", lambda: [*WHOLE[:2], Member("pg-c", role, state)])
    assert made.is_whole() is whole


def test_with_two_servers_one_standby_makes_it_whole(
    supervisor: PaperSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = PostgresCluster(supervisor.workspace, Ports(25200), supervisor, count=2)
    monkeypatch.setattr(made, "members", lambda: WHOLE[:2])
    assert made.is_whole()
    assert made.whole == "a primary with 1 synchronous standby"
    assert processes(2) == ("pg-a", "pg-b", "raft-c")
