import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.core.database_controls import NODES
from harness.provision.ports import Ports
from harness.provision.postgres.binaries import Binaries
from harness.provision.postgres.launching import patroni_command
from harness.provision.postgres.settings import Passwords, node_configuration, servers

PORTS = Ports(25200)
DEAD_CHILD = """
import subprocess, time
from patroni.postgresql.postmaster import PostmasterProcess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
server = PostmasterProcess(child.pid)
print(server.is_running() is not None and bool(server.is_running()))
child.kill()
while server.status() != "zombie": time.sleep(0.01)
print(bool(server.is_running()))
"""
MEMBER = """
from patroni.dcs import Member
value = {"conn_url": "postgres://127.0.0.1:1/postgres", "api_url": "http://127.0.0.1:10/patroni"}
member = Member.from_node(1, "pg-b", None, json.dumps(value))
print(member.conn_url)
print(member.api_url)
"""
ANYBODY = """
from types import SimpleNamespace
from patroni.collections import CaseInsensitiveDict
from patroni.postgresql import Postgresql
from patroni.postgresql.config import ConfigHandler
from harness.provision.postgres import patroni_node
written = []
ConfigHandler.write_postgresql_conf = lambda config, chosen: written.append(chosen["synchronous_standby_names"])
Postgresql.synchronous_standby_names = lambda postgresql: written[-1]
patroni_node.count_members_only(["pg-a", "pg-b", "pg-c"])
server = SimpleNamespace(bootstrapping=False)
for asked in ("ANY 1 (*)", "*", 'ANY 1 ("pg-b","pg-c")', None):
    parameters = CaseInsensitiveDict({"synchronous_standby_names": asked})
    ConfigHandler.write_postgresql_conf(SimpleNamespace(_server_parameters=parameters, _postgresql=server))
    print(written[-1], Postgresql.synchronous_standby_names(None), parameters["synchronous_standby_names"] == asked)
"""
LEADERS = """
from threading import Event
from types import SimpleNamespace
from patroni.dcs.raft import Raft
def told(leader, created, updated, key="/leader"):
    store = SimpleNamespace(leader_path="/leader", members_path="/members/", leader_optime_path="/optime",
        status_path="/status", config_path="/config", sync_path="/sync", _name="pg-c", event=Event(),
        _sync_obj=SimpleNamespace(get=lambda path: {"value": leader}))
    Raft._on_set(store, key, {"value": leader, "created": created, "updated": updated})
    return store.event.is_set()
print(told("pg-b", 1, 1), told("pg-c", 1, 1), told("pg-b", 1, 2), told("pg-b", 1, 1, key="/members/pg-b"))
"""
ALL = '"pg-a","pg-b","pg-c"'
ANYBODY_TOLD = (
    f"ANY 1 ({ALL}) ANY 1 (*) True",
    f"{ALL} * True",
    'ANY 1 ("pg-b","pg-c") ANY 1 ("pg-b","pg-c") True',
    "None None True",
)
FOLDER = Path("/cluster")


def configured(node: str, *, count: int = 3) -> dict[str, Any]:
    return node_configuration(
        node,
        ports=PORTS,
        folder=FOLDER,
        binaries=Binaries(FOLDER, "test", "18.6"),
        passwords=Passwords(),
        fsync=True,
        count=count,
    )


def test_an_old_primary_that_cannot_be_rewound_is_copied_anew() -> None:
    settings = configured("a")["postgresql"]
    assert settings["remove_data_directory_on_rewind_failure"] is True
    assert settings["basebackup"] == [{"checkpoint": "fast"}]


def what(node: str, *, linked: bool = True, count: int = 3) -> dict[str, Any]:
    command = patroni_command(node, FOLDER / "node.json", PORTS, linked=linked, servers=servers(count))
    told: dict[str, Any] = json.loads(command[3])
    return told


def test_a_node_says_where_it_is() -> None:
    made = configured("a")
    told = (made["restapi"]["connect_address"], made["postgresql"]["connect_address"])
    assert told == (f"127.0.0.1:{PORTS.of('patroni-a')}", f"127.0.0.1:{PORTS.of('pg-a')}")


def test_each_node_reaches_each_other_one_through_a_link_of_its_own() -> None:
    dialled = [link for node in NODES for link in what(node)["dials"].values()]
    assert len(set(dialled)) == len(dialled) == 12
    to_a = {f"127.0.0.1:{PORTS.of('pg-a')}": f"127.0.0.1:{PORTS.link('standby-c', 'db-a')}"}
    assert what("c")["dials"].items() >= to_a.items()
    assert what("c", linked=False)["dials"] == {}


def test_the_highest_raft_member_dials_both_others_through_their_links() -> None:
    expected = {f"127.0.0.1:{PORTS.of(member)}": PORTS.link("raft-c", member) for member in ("raft-a", "raft-b")}
    assert what("c")["raft"] == what("c", count=2)["raft"] == expected
    assert what("a")["raft"] == {}


def test_of_two_servers_the_third_member_only_votes_and_confirms_nothing() -> None:
    assert [what(node, count=2)["voter"] for node in NODES] == [False, False, True]
    assert what("a", count=2)["members"] == ["pg-a", "pg-b"]


@pytest.mark.parametrize(("count", "mode", "strict"), [(3, "quorum", True), (2, True, False)])
def test_with_two_servers_writes_go_on_with_one_copy_and_with_three_they_wait(
    count: int, mode: bool | str, strict: bool
) -> None:
    shared = configured("a", count=count)["bootstrap"]["dcs"]
    assert (shared["synchronous_mode"], shared["synchronous_mode_strict"]) == (mode, strict)


def test_a_dead_server_that_nobody_has_reaped_yet_is_dead_for_patroni() -> None:
    assert ran(DEAD_CHILD) == ["True", "False"]


def test_an_address_that_a_node_gives_itself_is_read_as_the_link_to_it() -> None:
    assert ran(MEMBER) == ["postgres://127.0.0.1:2/postgres", "http://127.0.0.1:10/patroni"]


def test_only_members_confirm_a_commit_where_patroni_asks_for_anybody() -> None:
    assert ran(ANYBODY) == [*ANYBODY_TOLD]


def test_a_node_looks_around_at_once_when_another_one_leads() -> None:
    """Not when it leads itself, not each time the leader says that it is still there, and at nobody else's news."""
    assert ran(LEADERS) == ["True False False False"]


def ran(script: str) -> list[str]:
    """Return the lines that a script prints once Patroni was changed as a node changes it."""
    changed = "import json, sys; from harness.provision.postgres import patroni_node\n"
    changed += "patroni_node.prepare(json.loads(sys.argv[1]))\n"
    told = {"members": ["pg-a", "pg-b", "pg-c"], "dials": {"127.0.0.1:1": "127.0.0.1:2"}, "raft": {}}
    command = [sys.executable, "-c", changed + script, json.dumps(told)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
