"""A stop is in force until somebody releases it, whoever asks."""

from pathlib import Path

import pytest

from harness.core.errors import UsageError
from harness.core.fault import Undo
from harness.guard.brake import engage, release, require_released, stopped
from harness.guard.session import HarnessSession
from harness.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def test_whoever_stopped_first_stays_named_until_it_is_released(workspace: Workspace) -> None:
    engage(workspace, "ann")
    assert engage(workspace, "bob").by == "ann"
    with pytest.raises(UsageError, match="ann stopped everything") as refused:
        require_released(workspace)
    assert "faultline release" in refused.value.hint
    before = release(workspace)
    assert before is not None
    assert before.by == "ann"
    require_released(workspace)
    assert release(workspace) is None


def test_a_torn_file_still_stops(workspace: Workspace) -> None:
    workspace.prepare()
    workspace.stopped_file.write_text("{")
    assert stopped(workspace) is not None
    with pytest.raises(UsageError):
        require_released(workspace)


@pytest.mark.real
def test_no_undo_is_taken_while_it_is_in_force_so_nothing_is_broken(workspace: Workspace) -> None:
    with HarnessSession(workspace, command="test") as session:
        engage(workspace, "ann")
        with pytest.raises(UsageError, match="ann stopped"):
            session.register(Undo("restore_link", {}))
        assert session.outstanding() == []
        release(workspace)
