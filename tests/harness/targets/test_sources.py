"""Where the platform's own processes have their code from; simulators and sink always have it from the checkout."""

from pathlib import Path

import pytest

from harness.catalogue import ROOT
from harness.core.errors import UsageError
from harness.provision.ports import Ports
from harness.provision.processes.supervisor import Supervisor
from harness.targets.environment import environment
from harness.targets.launch import Launcher
from harness.targets.sources import SOURCE, require_mutant, source_of
from harness.targets.state import PlatformSecrets, PlatformState
from harness.workspace import Workspace

MUTANT = "M0123abcd"
PORTS = Ports(23000)


def state(bug: str) -> PlatformState:
    return PlatformState(PORTS.base, bug, {}, PlatformSecrets(), ())


def test_a_mutant_runs_from_its_copy_and_everything_else_from_the_checkout(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    launcher = Launcher(workspace, PORTS, Supervisor(workspace), state(MUTANT))
    first = {
        name: launcher._spec(name).env["PYTHONPATH"].split(":")[0]
        for name in ("api1", "worker", "setup", "stripe", "sink")
    }
    copy = str(tmp_path / "mutants" / MUTANT)
    assert first == {"api1": copy, "worker": copy, "setup": copy, "stripe": str(ROOT), "sink": str(ROOT)}


@pytest.mark.parametrize("bug", ["", "B07"])
def test_without_a_mutant_a_folder_may_be_named(tmp_path: Path, bug: str) -> None:
    assert source_of(bug, Workspace(tmp_path), {}) == ROOT
    assert source_of(bug, Workspace(tmp_path), {SOURCE: "/elsewhere"}) == Path("/elsewhere")


def test_the_platform_knows_every_mutant_by_one_name(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert environment("api1", state(MUTANT), PORTS, workspace)["PAY_BUG"] == "B0"
    assert environment("api1", state("B07"), PORTS, workspace)["PAY_BUG"] == "B07"


def test_a_mutant_that_was_not_made_is_refused_and_told_how(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(UsageError, match="has not been made") as refused:
        require_mutant(workspace, MUTANT)
    assert refused.value.hint == f"faultline mutants --make {MUTANT}"
    (workspace.mutants / MUTANT / "system").mkdir(parents=True)
    assert require_mutant(workspace, MUTANT) == MUTANT
