import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.provision.ports import Ports
from harness.provision.postgres.binaries import Binaries
from harness.provision.postgres.launching import patroni_command
from harness.provision.postgres.settings import Passwords, node_configuration

PORTS = Ports(25200)
DEAD_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
server = Postmaster(child.pid)
print(server.is_running())
child.kill()
while not zombie(server): time.sleep(0.01)
print(server.is_running())
"""
FOLDER = Path("/cluster")


def configured(node: str, *, linked: bool) -> dict[str, Any]:
    return node_configuration(
        node,
        ports=PORTS,
        folder=FOLDER,
        binaries=Binaries(FOLDER, "test", "18.6"),
        passwords=Passwords(),
        fsync=True,
        linked=linked,
    )


def test_an_old_primary_that_cannot_be_rewound_is_copied_anew() -> None:
    settings = configured("a", linked=True)["postgresql"]
    assert settings["remove_data_directory_on_rewind_failure"] is True
    assert settings["basebackup"] == [{"checkpoint": "fast"}]


def addresses(node: str, *, linked: bool) -> tuple[str, str]:
    made = configured(node, linked=linked)
    return made["restapi"]["connect_address"], made["postgresql"]["connect_address"]


def test_a_linked_node_tells_the_other_to_reach_it_through_links() -> None:
    links = (PORTS.link("patroni-b", "patroni-a"), PORTS.link("standby", "db-a"))
    assert addresses("a", linked=True) == tuple(f"127.0.0.1:{port}" for port in links)
    own = (PORTS.of("patroni-a"), PORTS.of("pg-a"))
    assert addresses("a", linked=False) == tuple(f"127.0.0.1:{port}" for port in own)


def test_the_third_voter_dials_both_raft_members_through_their_links() -> None:
    code = patroni_command("c", FOLDER / "node-c.json", PORTS, linked=True)[2]
    for member in ("raft-a", "raft-b"):
        assert f"'127.0.0.1:{PORTS.of(member)}': {PORTS.link('raft-c', member)}" in code


def test_a_dead_server_that_nobody_has_reaped_yet_is_dead_for_patroni() -> None:
    code = patroni_command("a", FOLDER / "node-a.json", PORTS, linked=True)[2]
    script = code.replace("from patroni.__main__ import main; main()", DEAD_CHILD)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == ["True", "False"]


def test_without_links_and_for_the_lowest_member_nothing_is_dialled_otherwise() -> None:
    assert "TCPNode" not in patroni_command("c", FOLDER / "node-c.json", PORTS, linked=False)[2]
    assert "TCPNode" not in patroni_command("a", FOLDER / "node-a.json", PORTS, linked=True)[2]
