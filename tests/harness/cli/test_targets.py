"""Targets on the command line: what one cannot do is refused before anything starts."""

from pathlib import Path

import pytest

from faults.container_stopped import container_stopped
from harness import catalogue
from harness.cli.running import _expressible
from harness.core.errors import UsageError
from harness.targets.registry import KINDS, chosen_kind
from harness.targets.state import PlatformSecrets, PlatformState
from harness.workspace import Workspace


def kept(folder: Path, target: str) -> Workspace:
    workspace = Workspace(folder)
    workspace.prepare()
    PlatformState(25000, "", {}, PlatformSecrets(), (), target).save(workspace.platform_file)
    workspace.kept_file.write_text("")
    return workspace


def test_without_a_wish_the_target_is_embedded(tmp_path: Path) -> None:
    assert chosen_kind(Workspace(tmp_path), None).name == "embedded"


def test_without_a_wish_the_platform_that_is_kept_is_used(tmp_path: Path) -> None:
    assert chosen_kind(kept(tmp_path, "compose"), None).name == "compose"


def test_another_target_than_the_one_that_is_up_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "compose", KINDS["compose"].__class__("compose", KINDS["compose"].make, lambda _: True))  # type: ignore[index]
    with pytest.raises(UsageError, match="of the target compose is up"):
        chosen_kind(kept(tmp_path, "compose"), "embedded")


@pytest.mark.parametrize("name", catalogue.scenario_names())
def test_every_scenario_runs_on_both_targets_unless_it_sets_what_containers_have_not(name: str) -> None:
    scenario = catalogue.scenario(name)
    _expressible([(name, scenario)], KINDS["embedded"])
    if "database_wal_mb" in scenario.platform:
        with pytest.raises(UsageError, match="cannot set database_wal_mb"):
            _expressible([(name, scenario)], KINDS["compose"])
    else:
        _expressible([(name, scenario)], KINDS["compose"])


def test_a_fault_of_containers_is_refused_where_there_are_none() -> None:
    scenario = catalogue.scenario("calm")
    broken = scenario.__class__(**{**vars(scenario), "faults": [container_stopped("worker").between(1, 2)]})
    with pytest.raises(UsageError) as refused:
        _expressible([("calm", broken)], KINDS["embedded"])
    assert refused.value.hint == "--target compose"
    _expressible([("calm", broken)], KINDS["compose"])
