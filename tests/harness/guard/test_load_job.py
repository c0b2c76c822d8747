import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.errors import HarnessError
from harness.core.load import Load
from harness.core.target import LoadExtras
from harness.guard.session import HarnessSession
from harness.provision.processes.supervisor import Supervisor
from harness.run.load_job import write_job
from harness.workspace import Workspace, write_private

pytestmark = pytest.mark.real


def test_the_loads_job_with_its_keys_is_private_and_never_in_the_runs_folder(tmp_path: Path) -> None:
    workspace, run = Workspace(tmp_path / "ws"), tmp_path / "run"
    workspace.prepare()
    run.mkdir()
    merchant = SimpleNamespace(
        id="m1", api_key="sk_1", currency="EUR", exponent=2, amount_form="minor", reference_policy="allowed"
    )
    target: Any = SimpleNamespace(
        api_urls={"api1": "http://127.0.0.1:1"}, merchants=[merchant], load_extras=LoadExtras()
    )
    load = Load(rate_per_s=1, duration_s=6, mix={"authorize_capture": 1})
    where = Supervisor(workspace).workspace.load_file
    job = write_job(where, run, load, target, seed=1, workers=1)
    assert job.is_relative_to(workspace.root)
    assert job.stat().st_mode & 0o777 == 0o600
    assert json.loads(job.read_text())["run_dir"] == str(run)
    assert list(run.iterdir()) == []


def test_a_session_that_ends_in_an_error_leaves_no_keys(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    draft = workspace.load_file.with_name(".load.json.1.tmp")

    def broken() -> None:
        with HarnessSession(workspace, command="test") as session:
            session.keep()
            write_private(workspace.load_file, {"api_key": "secret"})
            draft.write_text("secret")
            raise HarnessError("broken")

    with pytest.raises(HarnessError, match="broken"):
        broken()
    assert not workspace.load_file.exists()
    assert not draft.exists()
