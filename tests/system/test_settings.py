"""Defaults that the contract fixes."""

import pytest
from pydantic import SecretStr

from harness.targets.environment import TIMINGS
from system.settings import Settings
from system.store.primary import nodes_of

MONTH_S = 30 * 24 * 3600


def test_idempotency_keys_live_for_thirty_days() -> None:
    assert Settings.model_fields["key_retention_s"].default >= MONTH_S
    assert float(TIMINGS["PAY_KEY_RETENTION_S"]) >= MONTH_S


@pytest.mark.parametrize(
    ("nodes", "ports"), [(0, ["1", "2", "3"]), (3, ["1", "2", "3"]), (2, ["1", "2"]), (9, ["1", "2", "3"])]
)
def test_only_those_nodes_count_that_have_a_server(nodes: int, ports: list[str]) -> None:
    url = SecretStr("host=proxy,proxy,proxy port=1,2,3 dbname=payments password='two words'")
    found = nodes_of(Settings(database_url=url, database_nodes=nodes).conninfo)
    assert [part.rpartition("port=")[2] for part in found] == ports
    assert all("password='two words'" in part and "host=proxy" in part for part in found)
