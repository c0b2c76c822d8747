"""What a database container tells Patroni."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

NODE = Path(__file__).parents[2] / "docker" / "database" / "node.py"
ENVIRONMENT = {
    "NODE": "pg-a",
    "SERVER_ADDRESS": "toxiproxy.platform:20018",
    "REST_ADDRESS": "toxiproxy.platform:20020",
    "ETCD_ADDRESS": "toxiproxy.platform:20022",
    "SUPERUSER_PASSWORD": "one",
    "REPLICATION_PASSWORD": "two",
}


def made(**more: str) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("database_node", NODE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    configuration: dict[str, Any] = module.configuration(ENVIRONMENT | more, "/programs")
    return configuration


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
