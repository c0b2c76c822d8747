"""`python -P patroni_node.py WHAT CONFIGURATION`: become Patroni, or its bare raft voter, on a platform of links.

WHAT is a JSON object:

- `voter`: true for a member that only votes;
- `members`: the names of all database nodes, which alone may confirm a commit;
- `dials`: what the other nodes call themselves, such as `127.0.0.1:23070`, to the address of this node's link there;
- `raft`: the same for raft members, to the port of the link.

It stands alone, with Patroni and its libraries: the database's image has this very file.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

RECONNECT_S = 1.0
"""The raft library's five seconds would be most of a failover."""


ANYBODY = "ANY 1 (*)"
"""What strict mode asks for when there is no standby."""


def _quoted(members: Sequence[str]) -> str:
    return ",".join(f'"{member}"' for member in members)


def count_members_only(members: Sequence[str]) -> None:
    """Have a commit wait for one of `members` where Patroni asks for anybody at all.

    With no standby left, strict mode sets `ANY 1 (*)`: whoever streams and reports that it has flushed, a backup or a
    copy elsewhere, would acknowledge commits that no node which may take over has. Patroni writes and reads its `*`;
    the server is told, and tells, the names.

    A primary that comes back because nobody else may take over is started by Patroni 4.1.5 without any such setting,
    in strict mode as well, and acknowledges commits on its one disk until a standby is back. So where strict mode is on
    and Patroni says nothing, the server is told the same.
    """
    from patroni import global_config
    from patroni.postgresql import Postgresql
    from patroni.postgresql.config import ConfigHandler

    name, listed = "synchronous_standby_names", _quoted(members)
    write, tell = ConfigHandler.write_postgresql_conf, Postgresql.synchronous_standby_names

    def written(config: Any, configuration: Any = None) -> None:
        chosen = (configuration or config._server_parameters).copy()
        # The very first start makes roles and a database, with nobody there yet who could confirm anything.
        waits = global_config.is_synchronous_mode_strict and not config._postgresql.bootstrapping
        if asked := chosen.get(name) or (ANYBODY if waits else ""):
            chosen[name] = asked.replace("*", listed)
        write(config, chosen)

    def told(postgresql: Any) -> str:
        return str(tell(postgresql)).replace(listed, "*")

    ConfigHandler.write_postgresql_conf = written
    Postgresql.synchronous_standby_names = told


def reach_through_links(dials: Mapping[str, str]) -> None:
    """Have this node reach each other member through its own link there, whatever address that one gives itself."""
    from patroni.dcs import Member

    read = Member.from_node

    def translated(version: Any, name: str, session: Any, value: str) -> Any:
        for address, link in dials.items():
            value = value.replace(f"//{address}/", f"//{link}/")
        return read(version, name, session, value)

    Member.from_node = staticmethod(translated)


def dial_raft_through_links(ports: Mapping[str, int]) -> None:
    """Have raft dial its links. A member is known by its address, which must stay: only the port is another."""
    from functools import partialmethod

    from pysyncobj import SyncObjConf
    from pysyncobj.node import TCPNode

    own = TCPNode.port
    SyncObjConf.__init__ = partialmethod(SyncObjConf.__init__, connectionRetryTime=RECONNECT_S)
    TCPNode.port = property(lambda node: ports.get(node.address) or own.fget(node))


def hear_of_leaders() -> None:
    """Have a node look around as soon as raft tells of another leader.

    Patroni 4.1.5 means to do that, but compares the key with two times instead of with its name, so a standby would
    follow a new primary only at its next turn: up to a second in which nobody confirms a commit.
    """
    from patroni.dcs.raft import Raft

    hear = Raft._on_set

    def heard(store: Any, key: str, value: Mapping[str, Any]) -> None:
        hear(store, key, value)
        if key == store.leader_path and value["created"] == value["updated"] and value["value"] != store._name:
            store.event.set()

    Raft._on_set = heard


def know_the_dead() -> None:
    """Have Patroni take a server that is dead, but not yet reaped by process 1, for a dead one: that takes seconds."""
    import psutil
    from patroni.postgresql.postmaster import PostmasterProcess

    runs, is_ours = PostmasterProcess.is_running, PostmasterProcess._is_postmaster_process

    def zombie(process: Any) -> bool:
        try:
            return bool(process.status() == psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return True

    PostmasterProcess.is_running = lambda process: runs(process) and not zombie(process)
    PostmasterProcess._is_postmaster_process = lambda process: not zombie(process) and is_ours(process)


def prepare(what: Mapping[str, Any]) -> None:
    """Change Patroni as WHAT says."""
    if "raft" in what:
        dial_raft_through_links(what["raft"])
    if what.get("voter"):
        return
    reach_through_links(what.get("dials", {}))
    if "raft" in what:
        hear_of_leaders()
    count_members_only(what["members"])
    know_the_dead()


def main() -> None:
    """Become it."""
    what = json.loads(sys.argv.pop(1))
    prepare(what)
    if what.get("voter"):
        from patroni.raft_controller import main as run
    else:
        from patroni.__main__ import main as run
    run()


if __name__ == "__main__":
    main()
