"""What a database container tells Patroni."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

NODE = Path(__file__).parents[2] / "docker" / "database" / "node.py"
ENVIRONMENT = {
    "NODE": "pg-a",
    "NODES": "3",
    "LINKS": "pg-b.platform:5432=toxiproxy.platform:20073,pg-b.platform:8008=toxiproxy.platform:20075",
    "ETCD_ADDRESS": "toxiproxy.platform:20079",
    "SUPERUSER_PASSWORD": "one",
    "REPLICATION_PASSWORD": "two",
}


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("database_node", NODE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(**more: str) -> dict[str, Any]:
    configuration: dict[str, Any] = loaded().configuration(ENVIRONMENT | more, "/programs")
    return configuration


@pytest.mark.parametrize(("nodes", "mode", "strict"), [("3", "quorum", True), ("2", True, False)])
def test_with_two_nodes_writes_go_on_with_one_copy_and_with_three_they_wait(
    nodes: str, mode: bool | str, strict: bool
) -> None:
    shared = made(NODES=nodes)["bootstrap"]["dcs"]
    assert (shared["synchronous_mode"], shared["synchronous_mode_strict"]) == (mode, strict)
    assert len(loaded().changes(ENVIRONMENT | {"NODES": nodes})["members"]) == int(nodes)


def test_a_node_says_where_it_is_and_reaches_the_others_through_its_links() -> None:
    assert made()["postgresql"]["connect_address"] == "pg-a.platform:5432"
    assert made()["restapi"]["connect_address"] == "pg-a.platform:8008"
    assert loaded().changes(ENVIRONMENT)["dials"] == {
        "pg-b.platform:5432": "toxiproxy.platform:20073",
        "pg-b.platform:8008": "toxiproxy.platform:20075",
    }


@pytest.mark.parametrize("more", [{}, {"WAL_MB": "0"}])
def test_the_log_lies_with_the_data_unless_asked_otherwise(more: dict[str, str]) -> None:
    configuration = made(**more)
    assert "waldir" not in str(configuration)
    assert configuration["postgresql"]["basebackup"] == [{"checkpoint": "fast"}]


def test_an_old_primary_that_cannot_be_rewound_is_copied_anew() -> None:
    assert made()["postgresql"]["remove_data_directory_on_rewind_failure"] is True


def test_a_small_disk_has_the_log_of_a_new_cluster_and_of_a_copy() -> None:
    configuration = made(WAL_MB="256")
    place = {"waldir": "/var/lib/wal/log"}
    assert place in configuration["bootstrap"]["initdb"]
    assert place in configuration["postgresql"]["basebackup"]
