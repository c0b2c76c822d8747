"""What a harness and its guard left when both were killed, and a workspace whose engine does not answer any more."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.core.errors import ProvisionError
from harness.core.fault import Undo
from harness.guard import session as module
from harness.guard.journal import UndoJournal
from harness.guard.session import HarnessSession
from harness.provision.containers import ending
from harness.workspace import Workspace

pytestmark = pytest.mark.real


def test_the_note_of_containers_stays_until_somebody_could_remove_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_engine(_owner: str) -> None:
        raise ProvisionError("no Docker engine answers")

    monkeypatch.setattr(ending, "end_owned", no_engine)
    workspace = Workspace(tmp_path)
    workspace.prepare()
    workspace.containers_file.write_text("{}")
    session = HarnessSession(workspace, command="test")
    with session:
        assert workspace.containers_file.exists()
        monkeypatch.setattr(ending, "end_owned", lambda _owner: None)
    assert not workspace.containers_file.exists()


def test_a_kept_platform_is_healed_by_whoever_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    workspace.prepare()
    workspace.kept_file.write_text("kept")
    monkeypatch.setattr(module, "anything_runs", lambda _workspace: True)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
        frozen = psutil.Process(child.pid)
        where = {"name": "api1", "pid": str(frozen.pid), "started_at": repr(frozen.create_time())}
        UndoJournal(workspace.undo_file).register(Undo("thaw_process", where))
        frozen.suspend()
        with HarnessSession(workspace, command="test") as session:
            assert session.outstanding() == []
            assert frozen.status() != psutil.STATUS_STOPPED
        assert workspace.kept
        child.kill()


def test_without_an_engine_nothing_of_a_kept_platform_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_engine(_workspace: Workspace) -> bool:
        raise ProvisionError("no Docker engine answers")

    workspace = Workspace(tmp_path)
    workspace.prepare()
    workspace.kept_file.write_text("kept")
    monkeypatch.setattr(module, "anything_runs", no_engine)
    with HarnessSession(workspace, command="test"):
        assert not workspace.kept
    assert capsys.readouterr().err == (
        "warning: no Docker engine answers; the containers that `faultline up` kept are given up\n"
    )
