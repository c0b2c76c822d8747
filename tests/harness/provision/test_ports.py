import os
import socket

import pytest

from harness.core.database_controls import NODES
from harness.core.errors import UsageError
from harness.provision.ports import LINKS, OFFSETS, SPAN, Ports

BASE = 25200


def test_every_listener_and_every_link_has_a_port_of_its_own() -> None:
    ports = Ports(BASE).all()
    assert len(ports) == len(OFFSETS) + len(LINKS)
    assert min(ports) == BASE
    assert max(ports) < BASE + SPAN


def test_each_ordered_pair_of_nodes_has_a_link_of_its_own_for_the_log_and_for_patroni() -> None:
    pairs = [(one, other) for one in NODES for other in NODES if one != other]
    assert {(f"standby-{one}", f"db-{other}") for one, other in pairs} <= set(LINKS)
    assert {(f"patroni-{one}", f"patroni-{other}") for one, other in pairs} <= set(LINKS)
    assert sum(source.startswith("raft-") for source, _ in LINKS) == len(pairs) / 2


def test_free_ports_are_accepted() -> None:
    Ports(BASE).require_free()
    assert Ports(BASE).of("api2") == BASE + 20


def test_a_port_in_use_is_named_with_its_process_and_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", BASE + 10)), pytest.raises(UsageError) as refused:
        Ports(BASE).require_free()
    assert f"port {BASE + 10} (api1) is in use by process {os.getpid()}" in str(refused.value)
    assert "--base-port" in refused.value.hint
    assert refused.value.exit_code == 64


@pytest.mark.parametrize("base", [80, 32760, 65000])
def test_a_base_port_whose_ports_would_collide_is_refused(base: int) -> None:
    with pytest.raises(UsageError, match=f"base port {base}"):
        Ports(base)
