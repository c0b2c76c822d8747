"""Starting and stopping in containers: what is looked at before anything is made, and what is left behind."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.core.target import Progress
from harness.provision.containers import compose
from harness.provision.containers.engine import engine
from harness.provision.containers.owned import OWNER, SERVICE, belongings, end_owned
from harness.provision.processes.ending import MARK_GROUP, MARK_WORKSPACE
from harness.targets.compose import observing
from harness.targets.compose.fleet import Fleet
from harness.targets.compose.target import ComposeTarget
from harness.workspace import Workspace
from tests.harness.targets.compose.test_controls import IMAGE

pytestmark = pytest.mark.real
QUIET: Progress = print


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "ws")
    made.prepare()
    return made


def test_a_compose_that_was_left_at_work_is_ended_before_the_containers_are_taken_away(workspace: Workspace) -> None:
    marks = {MARK_WORKSPACE: str(workspace.root), MARK_GROUP: "run"}
    endless = "import time; print('ready', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", endless], env=marks, stdout=subprocess.PIPE, text=True) as stray:
        assert stray.stdout is not None
        assert stray.stdout.readline() == "ready\n"
        ComposeTarget(workspace).stop(QUIET)
        assert stray.wait(timeout=5) < 0


def test_compose_is_given_the_engine_that_the_harness_speaks_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    assert "DOCKER_CONTEXT" not in compose._inherited()
    assert compose._inherited()["DOCKER_HOST"] == "unix:///var/run/docker.sock"
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.5:2375")
    assert compose._inherited()["DOCKER_HOST"] == "tcp://10.0.0.5:2375"


@pytest.mark.containers
def test_a_published_port_that_is_taken_is_named_before_anything_is_made(workspace: Workspace) -> None:
    taken = socket.create_server(("127.0.0.1", 26200))
    with taken, pytest.raises(UsageError, match=r"port 26200 \(haproxy\) is in use") as refused:
        ComposeTarget(workspace, base_port=26100).start(bug=None, settings={}, progress=QUIET)
    assert "--base-port" in refused.value.hint
    assert not workspace.containers_file.exists()


@pytest.mark.containers
def test_what_a_container_said_is_gathered_from_its_beginning_and_once(workspace: Workspace) -> None:
    owner, client = f"test-logs-{workspace.root.parent.name}", engine()
    if not client.images.list(name=IMAGE):
        client.images.pull(IMAGE)
    try:
        labels = {OWNER: owner, SERVICE: "worker"}
        made = client.containers.run(IMAGE, ["echo", "here"], labels=labels, network_mode="none", detach=True)
        made.wait(timeout=30)
        since = observing.gather_logs(Fleet(owner), workspace.logs, 0.0)
        observing.gather_logs(Fleet(owner), workspace.logs, since)
        assert (workspace.logs / "worker.log").read_text() == "here\n"
    finally:
        end_owned(owner)
    assert belongings(owner).names == []
