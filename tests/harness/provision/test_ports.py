import os
import socket

import pytest

from harness.core.database_controls import NODES
from harness.core.errors import UsageError
from harness.provision.ports import BLOCK, FIRST_LINK, LINKS, OFFSETS, SERVICES, SPAN, Ports

BASE = 25200


def test_every_listener_and_every_link_has_a_port_of_its_own() -> None:
    ports = Ports(BASE).all()
    assert len(ports) == len(OFFSETS) + len(LINKS)
    assert min(ports) == BASE
    assert max(ports) < BASE + SPAN


@pytest.mark.parametrize(
    ("offset", "what"),
    [
        (0, "toxiproxy"),
        (10, "api1"),
        (13, "link api1-to-stripe"),
        (17, "link api1-to-db-c"),
        (38, "link worker-to-sink"),
        (41, "stripe-admin"),
        (70, "pg-a"),
        (73, "link standby-a-to-db-b"),
        (90, "pg-c"),
        (98, "link raft-c-to-raft-b"),
    ],
)
def test_nothing_ever_moves(offset: int, what: str) -> None:
    assert Ports(BASE).all()[BASE + offset] == what


def test_no_block_overflows_and_listeners_stay_below_links() -> None:
    for service in SERVICES:
        assert len(service.listeners) <= FIRST_LINK
        assert len(service.links) <= BLOCK - FIRST_LINK
    assert len(SERVICES) * BLOCK <= SPAN


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
