"""Targets on the command line: what one cannot do is refused before anything starts."""

from dataclasses import replace
from pathlib import Path

import pytest

from faults.container_stopped import container_stopped
from harness import catalogue
from harness.cli.expressible import choose, require_expressible
from harness.cli.foreign import fitted
from harness.core.errors import UsageError
from harness.targets.registry import KINDS, chosen_kind, remote_kind
from harness.targets.state import PlatformSecrets, PlatformState
from harness.workspace import Workspace

ADAPTER = catalogue.ROOT / "examples" / "naive-payments" / "adapter.py"


NO_DISK = "database_wal_mb: this machine gives no small disk to this user"


@pytest.fixture
def no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise UsageError(NO_DISK)

    monkeypatch.setattr("harness.targets.embedded.require_small_disk", refuse)


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


OF_CONTAINERS = "containers_in_trouble"
"""The one scenario that only containers can be put through."""
BOTH = [name for name in catalogue.scenario_names() if name != OF_CONTAINERS]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("target", ["embedded", "compose"])
def test_every_scenario_runs_on_both_targets(name: str, target: str) -> None:
    asked = [(name, catalogue.scenario(name))]
    assert choose(asked, KINDS[target], named=True).scenarios == asked


@pytest.mark.usefixtures("no_disk")
def test_a_disk_for_the_log_is_refused_where_the_target_has_no_room_for_it() -> None:
    full = catalogue.scenario("database_disk_full")
    with pytest.raises(UsageError, match="database_disk_full: database_wal_mb: 512 is more") as refused:
        require_expressible("database_disk_full", full.with_platform({"database_wal_mb": "512"}), KINDS["compose"])
    assert "384" in refused.value.hint

    require_expressible("calm", catalogue.scenario("calm"), KINDS["embedded"])
    with pytest.raises(UsageError, match="gives no small disk"):
        require_expressible("database_disk_full", full, KINDS["embedded"])


def test_a_fault_of_containers_is_refused_where_there_are_none() -> None:
    scenario = catalogue.scenario("calm")
    broken = scenario.__class__(**{**vars(scenario), "faults": [container_stopped("worker").between(1, 2)]})
    with pytest.raises(UsageError) as refused:
        require_expressible("calm", broken, KINDS["embedded"])
    assert refused.value.hint == "--target compose"
    require_expressible("calm", broken, KINDS["compose"])


def test_a_container_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    scenario = catalogue.scenario("calm")
    broken = scenario.__class__(**{**vars(scenario), "faults": [container_stopped("wrker").between(1, 2)]})
    with pytest.raises(UsageError, match="calm: the fault container_stopped: there is no container 'wrker'") as refused:
        require_expressible("calm", broken, KINDS["compose"])
    assert "worker" in refused.value.hint


def test_a_remote_target_needs_an_adapter(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs an adapter") as refused:
        chosen_kind(Workspace(tmp_path), "remote")
    assert "FAULTLINE_ADAPTER" in refused.value.hint


@pytest.mark.parametrize(
    ("scenario", "lacks"),
    [
        ("answer_lost", "execute_then_drop needs gateway simulators"),
        ("worker_killed_mid_delivery", "worker_killed needs processes"),
        ("database_primary_killed", "postgres_killed needs database nodes"),
        ("both_gateways_down", r"gateway_down breaks the link \*-to-paypal, which the adapter does not name"),
    ],
)
def test_what_a_system_that_is_not_ours_cannot_do_is_refused_by_name(scenario: str, lacks: str) -> None:
    with pytest.raises(UsageError, match=lacks):
        require_expressible(scenario, catalogue.scenario(scenario), remote_kind(ADAPTER))


@pytest.mark.parametrize("scenario", ["answers_lost_on_the_way", "request_lost", "gateway_latency", "gateway_flapping"])
def test_scenarios_of_the_primary_gateways_link_run_on_any_system(scenario: str) -> None:
    choice = choose([(scenario, catalogue.scenario(scenario))], remote_kind(ADAPTER), named=True)
    assert [name for name, _ in choice.scenarios] == [scenario]


def test_of_a_load_only_what_any_system_can_be_asked_for_is_left_and_the_rest_is_named() -> None:
    left, left_out = fitted("request_lost", catalogue.scenario("request_lost"), remote_kind(ADAPTER))
    assert "sale" in left.load.mix
    assert {"refund", "authorize_capture", "malformed"} <= set(left_out)


def test_a_load_of_which_nothing_is_left_is_refused() -> None:
    calm = catalogue.scenario("calm")
    refunds = calm.__class__(**{**vars(calm), "load": calm.load.__class__(1, 6, {"refund": 1})})
    with pytest.raises(UsageError, match="none of its flows"):
        fitted("calm", refunds, remote_kind(ADAPTER))


def test_with_two_merchants_the_same_key_is_used_by_both_and_without_declined_cards_none_is_declined() -> None:
    kind = replace(remote_kind(ADAPTER), merchants=2, declines=False)
    left, left_out = fitted("calm", catalogue.scenario("calm"), kind)
    assert "cross_tenant_key" in left.load.mix
    assert {"decline", "insufficient_funds"} <= set(left_out)
    assert "cross_tenant_key" in fitted("calm", catalogue.scenario("calm"), remote_kind(ADAPTER))[1]


EVERYTHING = [(name, catalogue.scenario(name)) for name in catalogue.scenario_names()]


@pytest.mark.usefixtures("no_disk")
def test_all_of_a_target_is_what_it_can_run_and_the_rest_is_told_with_the_reason() -> None:
    choice = choose(EVERYTHING, KINDS["embedded"], named=False)
    no_containers = "the fault container_stopped needs containers, which the target embedded does not have"
    assert dict(choice.not_run) == {"database_disk_full": NO_DISK, OF_CONTAINERS: no_containers}
    assert [name for name, _ in choice.scenarios] == [name for name in BOTH if name != "database_disk_full"]
    assert not choose(EVERYTHING, KINDS["compose"], named=False).not_run


def test_all_of_a_system_that_is_not_ours_is_what_it_has_the_links_for() -> None:
    choice = choose(EVERYTHING, remote_kind(ADAPTER), named=False)
    ran = {name for name, _ in choice.scenarios}
    assert {"request_lost", "gateway_latency"} <= ran
    assert {"answer_lost", "both_gateways_down"} <= set(choice.not_run)
    assert ran | set(choice.not_run) == {name for name, _ in EVERYTHING}
    assert "malformed" in choice.left_out["request_lost"]


@pytest.mark.usefixtures("no_disk")
def test_a_scenario_that_was_named_is_refused_and_so_are_all_where_none_can_run() -> None:
    full = ("database_disk_full", catalogue.scenario("database_disk_full"))
    for named in (True, False):
        with pytest.raises(UsageError, match="gives no small disk"):
            choose([full], KINDS["embedded"], named=named)
    with pytest.raises(UsageError, match=f"{OF_CONTAINERS}: the fault container_stopped needs containers"):
        choose(EVERYTHING, KINDS["embedded"], named=True)
