"""Where everything of a composed platform is: worked out without an engine."""

import ipaddress
from pathlib import Path

import pytest

from harness.core.errors import ProvisionError
from harness.provision.containers.owned import owner_of
from harness.provision.ports import Ports
from harness.targets.compose.layout import Layout, _free_net, _subnets
from harness.targets.state import PlatformSecrets, PlatformState
from harness.workspace import Workspace

LAYOUT = Layout.of("workspace-0123456789ab", Ports(25000), "198.18.9")


def network(text: str) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(text)


def test_a_workspace_always_has_the_same_label_and_another_one_another(tmp_path: Path) -> None:
    first, second = Workspace(tmp_path / "a"), Workspace(tmp_path / "b")
    assert owner_of(first) == owner_of(Workspace(tmp_path / "a")) != owner_of(second)


def test_project_network_and_addresses_follow_from_the_owner_and_the_net() -> None:
    assert (LAYOUT.project, LAYOUT.network) == ("faultline-0123456789ab", "faultline-0123456789ab_platform")
    assert LAYOUT.address("pg-a") == "198.18.9.21"


def test_every_published_port_is_given_to_compose_by_its_name() -> None:
    state = PlatformState(25000, "B07", {"PAY_LOOKUP_LAG_S": "9"}, PlatformSecrets(), (), "compose")
    given = LAYOUT.environment(state)
    ports = {name: int(value) for name, value in given.items() if name.startswith("FAULTLINE_PORT_")}
    assert ports["FAULTLINE_PORT_STRIPE_ADMIN"] == 25041
    assert sorted(ports.values()) == sorted(LAYOUT.published().values())
    assert (given["PAY_BUG"], given["PAY_LOOKUP_LAG_S"], given["PAY_DATABASE_POOL"]) == ("B07", "9", "12")
    assert (given["FAULTLINE_OWNER"], given["FAULTLINE_NET"]) == ("workspace-0123456789ab", "198.18.9")


def test_a_disk_of_its_own_is_given_to_the_database_only_where_a_scenario_asks() -> None:
    def given(settings: dict[str, str]) -> str | None:
        state = PlatformState(25000, "", settings, PlatformSecrets(), (), "compose")
        return LAYOUT.environment(state).get("FAULTLINE_WAL_MB")

    assert given({"PAY_DATABASE_WAL_MB": "256"}) == "256"
    assert given({}) is given({"PAY_DATABASE_WAL_MB": "0"}) is None


@pytest.mark.parametrize(("settings", "nodes"), [({}, "3"), ({"PAY_DATABASE_NODES": "2"}, "2")])
def test_the_platform_is_told_how_many_database_nodes_the_profile_has(settings: dict[str, str], nodes: str) -> None:
    state = PlatformState(25000, "", settings, PlatformSecrets(), (), "compose")
    assert LAYOUT.environment(state)["FAULTLINE_DATABASE_NODES"] == nodes


def test_links_listen_on_the_proxys_own_address() -> None:
    links = LAYOUT.links()
    assert len(links) > 20
    assert all(link.listen.startswith("198.18.9.10:") for link in links)


def test_a_network_that_another_has_is_passed_over() -> None:
    free = _free_net("somebody", [])
    taken = [network(f"{free}.0/24")]
    assert _free_net("somebody", taken) != free
    assert not network(f"{_free_net('somebody', taken)}.0/24").overlaps(taken[0])


def test_the_engine_gives_none_of_these_networks_away_by_itself() -> None:
    pools = [network("172.16.0.0/12"), network("192.168.0.0/16")]
    assert not any(network(f"{_free_net('somebody', [])}.0/24").overlaps(pool) for pool in pools)


def test_no_free_network_is_an_error_with_a_way_out() -> None:
    with pytest.raises(ProvisionError) as refused:
        _free_net("somebody", [network("198.18.0.0/16")])
    assert "docker network prune" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"IPAM": {"Config": [{"Subnet": "10.1.2.0/24"}, {"Subnet": "fd00::/64"}]}}, ["10.1.2.0/24"]),
        ({"IPAM": {"Config": None}}, []),
        ({}, []),
    ],
)
def test_subnets_of_an_engines_network(row: dict[str, object], found: list[str]) -> None:
    assert [str(subnet) for subnet in _subnets(row)] == found
