import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.core.database_controls import NodeState
from harness.core.errors import ControlError, UsageError
from harness.guard.healers import heal
from harness.links.client import ToxiproxyClient
from harness.links.toxiproxy import ToxiproxyLinks
from harness.provision.ports import Ports
from harness.provision.processes.supervisor import Supervisor
from harness.targets.database_controls import ClusterControls
from harness.targets.topology import link_specs
from harness.workspace import Workspace

PORTS = Ports(25200)
CLIENTS = ("api1", "api2", "worker")


@pytest.fixture
def controls(tmp_path: Path) -> ClusterControls:
    links = ToxiproxyLinks(ToxiproxyClient("127.0.0.1", PORTS.of("toxiproxy")), link_specs(PORTS))
    return ClusterControls(PORTS, Supervisor(Workspace(tmp_path)), links, reader="", superuser="")


def said(controls: ClusterControls, monkeypatch: pytest.MonkeyPatch, a: NodeState, b: NodeState) -> None:
    monkeypatch.setattr(controls, "look", {"pg-a": a, "pg-b": b, "pg-c": NodeState()}.__getitem__)


def test_a_partition_takes_every_link_of_a_node_and_none_of_the_other_nodes_clients(controls: ClusterControls) -> None:
    raft = {"a": ["b-a", "c-a"], "b": ["b-a", "c-b"], "c": ["c-a", "c-b"]}
    for node, pairs in raft.items():
        others = [other for other in raft if other != node]
        own = {f"{client}-to-db-{node}" for client in CLIENTS}
        carried = {link for one in others for link in (f"standby-{node}-to-db-{one}", f"standby-{one}-to-db-{node}")}
        asked = {f"patroni-{x}-to-patroni-{y}" for one in others for x, y in ((node, one), (one, node))}
        votes = {f"raft-{pair[0]}-to-raft-{pair[2]}" for pair in pairs}
        assert set(controls.links_of(f"pg-{node}")) == own | carried | asked | votes


def test_an_unknown_node_is_refused_with_the_valid_ones(controls: ClusterControls) -> None:
    with pytest.raises(UsageError) as refused:
        controls.look("pg-d")
    assert refused.value.hint == "nodes: pg-a, pg-b, pg-c"


def test_a_node_where_nobody_listens_is_down_and_refuses_writes(controls: ClusterControls) -> None:
    assert controls.look("pg-a") == NodeState()
    assert controls.write("pg-a").answer == "refused"


def test_of_two_that_accept_writes_the_later_timeline_is_the_primary(
    controls: ClusterControls, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = NodeState(True, "primary", timeline=1, accepts_writes=True)
    said(controls, monkeypatch, old, NodeState(True, "primary", timeline=2, accepts_writes=True))
    assert controls.primary() == "pg-b"
    assert controls.timeline() == 2
    assert controls.primary_port() == PORTS.of("pg-b")


def test_without_a_primary_the_error_says_what_the_nodes_are(
    controls: ClusterControls, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(controls, monkeypatch, NodeState(), NodeState(True, "standby"))
    assert controls.standbys() == ["pg-b"]
    with pytest.raises(ControlError, match="no primary: pg-a is down, pg-b is standby, pg-c is down"):
        controls.primary()


def test_a_node_that_was_never_started_cannot_be_broken(controls: ClusterControls) -> None:
    with pytest.raises(ControlError, match="pg-a was never started"):
        controls.kill_server("pg-a")


def test_a_node_that_replays_nothing_cannot_be_kept_from_replaying(
    controls: ClusterControls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "_family", lambda node: [psutil.Process()])
    for act in (controls.freeze_replay, controls.undo_freeze_replay):
        with pytest.raises(ControlError, match="pg-b replays nothing"):
            act("pg-b")


@pytest.mark.real
def test_only_the_process_that_replays_is_stopped_and_its_undo_lets_it_run_on(
    controls: ClusterControls, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = "import sys; print(flush=True); sys.stdin.read()"
    *others, replay = [
        subprocess.Popen([sys.executable, "-c", waits, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in ("server", "wal", "startup")
    ]
    try:
        for child in (*others, replay):
            # A process that was begun a moment ago has no command line yet; one that speaks has.
            assert child.stdout is not None
            assert child.stdout.readline() == b"\n"
        family = [psutil.Process(child.pid) for child in (*others, replay)]
        monkeypatch.setattr(controls, "_family", lambda node: family)
        undo = controls.undo_freeze_replay("pg-b")
        assert controls.freeze_replay("pg-b") == replay.pid
        assert [process.status() == psutil.STATUS_STOPPED for process in family] == [False, False, True]
        for _ in range(2):
            heal(undo)
            assert family[-1].status() != psutil.STATUS_STOPPED
    finally:
        for child in (*others, replay):
            child.kill()
            child.communicate()
