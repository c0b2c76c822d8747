import os
import socket

import pytest

from harness.core.errors import UsageError
from harness.provision.ports import LINKS, Ports

BASE = 25200


def test_every_listener_and_every_link_has_a_port_of_its_own() -> None:
    ports = Ports(BASE).all()
    assert len(ports) == 17 + len(LINKS)
    assert min(ports) == BASE
    assert ports[BASE + 4] == "stripe"
    assert ports[BASE + 20] == "link api1-to-stripe"
    assert ports[BASE + 36] == "link worker-to-sink"
    assert ports[BASE + 37] == "link standby-to-db-a"
    assert max(ports) < BASE + 60


def test_free_ports_are_accepted() -> None:
    Ports(BASE).require_free()
    assert Ports(BASE).of("api2") == BASE + 2


def test_a_port_in_use_is_named_with_its_process_and_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", BASE + 1)), pytest.raises(UsageError) as refused:
        Ports(BASE).require_free()
    assert f"port {BASE + 1} (api1) is in use by process {os.getpid()}" in str(refused.value)
    assert "--base-port" in refused.value.hint
    assert refused.value.exit_code == 64


@pytest.mark.parametrize("base", [80, 32760, 65000])
def test_a_base_port_whose_ports_would_collide_is_refused(base: int) -> None:
    with pytest.raises(UsageError, match=f"base port {base}"):
        Ports(base)
