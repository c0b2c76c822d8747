"""A workspace that once had containers can be used where no engine answers any more."""

from pathlib import Path

import pytest

from harness.core.errors import ProvisionError
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
