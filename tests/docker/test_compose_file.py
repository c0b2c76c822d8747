"""docker-compose.yml says the same as the code, gives nothing away and hides nothing."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from harness.provision.ports import CONTAINER_LINKS, LINK_OFFSETS, PUBLISHED, Ports
from harness.provision.postgres.settings import PARAMETERS, TIMINGS, synchronous_mode
from harness.targets import environment
from harness.targets.compose.layout import ADDRESSES
from harness.targets.state import make_merchants
from system.settings import Settings
from system.store.primary import nodes_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
BUILD_LINKS = json.loads((ROOT / "docker" / "toxiproxy" / "links.json").read_text())


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_limited_read_only_and_labelled(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == "no"
    assert service["mem_limit"]
    assert service["cpu_quota"]
    assert service["pids_limit"]
    assert "io.faultline.owner" in service["labels"]
    assert "privileged" not in service


def test_every_network_and_volume_is_labelled() -> None:
    made = {**FILE["networks"], **FILE["volumes"]}
    assert [name for name, item in made.items() if "io.faultline.owner" not in item["labels"]] == []


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) > 10
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_image_is_the_latest() -> None:
    assert all(re.search(r":\d+\.\d+\.\d+$", service["image"]) for service in SERVICES.values())


def test_no_secret_is_in_the_file() -> None:
    named = re.findall(r"(?mi)^\s*(\w*(?:secret|password|token|api_key)\w*):\s*(.*)$", TEXT)
    assert [(name, value) for name, value in named if name.isupper() and not name.endswith("_FILE")] == []
    assert "password=" not in TEXT


def test_every_long_running_service_says_how_it_is() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"secrets", "setup"}


def test_only_those_are_asked_often_that_others_wait_for() -> None:
    quick = {name for name, service in SERVICES.items() if service.get("healthcheck", {}).get("interval") == "3s"}
    waited_for = {
        need
        for service in SERVICES.values()
        for need, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert quick
    assert quick <= waited_for


def test_a_scenario_may_set_in_containers_what_it_may_set_in_processes() -> None:
    platform, simulator = SERVICES["api1"]["environment"], SERVICES["stripe"]["environment"]
    passed_on = {name for name, value in platform.items() if value is None}
    assert passed_on == {*environment.TIMINGS, *environment.SHARED, "PAY_BUG"}
    assert {name for name, value in simulator.items() if value is None} == {
        *environment.SIMULATOR_TIMINGS,
        *environment.SHARED,
    }


@pytest.mark.parametrize("name", ["setup", "api1", "api2", "worker"])
def test_each_process_knows_of_as_many_database_nodes_as_the_profile_has(name: str) -> None:
    given = SERVICES[name]["environment"]
    assert given["PAY_DATABASE_NODES"] == SERVICES["pg-a"]["environment"]["NODES"] == "${FAULTLINE_DATABASE_NODES:-3}"
    url = SecretStr(given["PAY_DATABASE_URL"])
    nodes = {count: len(nodes_of(Settings(database_url=url, database_nodes=count).conninfo)) for count in (2, 3)}
    assert nodes == {2: 2, 3: 3}


def test_the_default_ports_are_those_of_the_embedded_platform() -> None:
    found = {
        name.lower().replace("_", "-"): int(port) for name, port in re.findall(r"FAULTLINE_PORT_(\w+):-(\d+)", TEXT)
    }
    assert found == {name: Ports().of(name) for name in PUBLISHED}


def test_ports_that_only_containers_have_are_nobody_elses() -> None:
    used = set(Ports().all())
    assert not used & {Ports().of(name) for name in ("haproxy", "prometheus")}


def test_links_have_the_places_in_containers_that_they_have_among_processes() -> None:
    own = {
        f"{source}-to-{destination}": 20_000 + LINK_OFFSETS[source, destination]
        for source, destination in CONTAINER_LINKS
    }
    assert {link["name"]: int(link["listen"].removeprefix(":")) for link in BUILD_LINKS} == own


@pytest.mark.parametrize("node", ["a", "b", "c"])
def test_a_database_reaches_each_other_one_through_its_own_link_there(node: str) -> None:
    upstreams = {link["listen"]: (link["name"], link["upstream"]) for link in BUILD_LINKS}
    told = dict(pair.split("=") for pair in SERVICES[f"pg-{node}"]["environment"]["LINKS"].split(","))
    assert len(told) == 4
    for address, link in told.items():
        name, upstream = upstreams[f":{link.rpartition(':')[2]}"]
        assert (upstream, link.partition(":")[0]) == (address, "toxiproxy.platform")
        assert name.startswith((f"standby-{node}-to-", f"patroni-{node}-to-"))


def test_every_link_has_a_port_of_its_own_and_is_used() -> None:
    ports = [link["listen"] for link in BUILD_LINKS]
    assert len(set(ports)) == len(ports)
    makers = (ROOT / "docker" / "platform" / "make_secrets.py").read_text()
    assert [port for port in ports if port not in TEXT and port.lstrip(":") not in TEXT and port not in makers] == []


def test_names_and_addresses_are_the_same_everywhere() -> None:
    hosts = dict(re.findall(r'"(\S+)\.platform:\$\{FAULTLINE_NET:-198\.18\.77\}\.(\d+)"', TEXT))
    assert {name: int(byte) for name, byte in hosts.items()} == dict(ADDRESSES)
    given = {
        name: int(service["networks"]["platform"]["ipv4_address"].rpartition(".")[2])
        for name, service in SERVICES.items()
        if isinstance(service.get("networks"), dict)
    }
    assert given == dict(ADDRESSES)


def test_the_database_is_set_up_as_the_embedded_one() -> None:
    settings = json.loads((ROOT / "docker" / "database" / "settings.json").read_text())
    assert settings["timings"] == dict(TIMINGS)
    assert settings["synchronous"] == {str(count): synchronous_mode(count) for count in (2, 3)}
    extra = {"fsync": "on", "shared_preload_libraries": "pg_stat_statements"}
    assert settings["parameters"] == dict(PARAMETERS) | extra


@pytest.mark.parametrize("node", ["pg-a", "pg-b", "pg-c"])
def test_a_database_may_have_a_process_for_each_of_its_connections(node: str) -> None:
    assert SERVICES[node]["pids_limit"] >= int(PARAMETERS["max_connections"]) + 100


def test_the_merchants_are_the_same_shops() -> None:
    namespace = runpy.run_path(str(ROOT / "docker" / "platform" / "make_secrets.py"))
    fields = ("id", "name", "currency", "exponent", "amount_form")
    shops = [tuple(getattr(account, field) for field in fields) for account in make_merchants(Ports())]
    assert list(namespace["SHOPS"]) == shops
