"""The commands that start Patroni's processes."""

import sys
from pathlib import Path

from harness.provision.ports import Ports

_DIALLED = {"b": ("a",), "c": ("a", "b")}
"""Whom each raft member connects to: in raft the one with the higher address does."""

_PATIENCE = """
from functools import partialmethod
from pysyncobj import SyncObjConf
SyncObjConf.__init__ = partialmethod(SyncObjConf.__init__, connectionRetryTime=1.0)
"""
_DIAL = """
from pysyncobj.node import TCPNode
own, dials = TCPNode.port, {dials!r}
TCPNode.port = property(lambda node: dials.get(node.address) or own.fget(node))
"""
_DEAD_IS_DEAD = """
import psutil
from patroni.postgresql.postmaster import PostmasterProcess as Postmaster
def zombie(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
runs, is_ours = Postmaster.is_running, Postmaster._is_postmaster_process
Postmaster.is_running = lambda process: runs(process) and not zombie(process)
Postmaster._is_postmaster_process = lambda process: not zombie(process) and is_ours(process)
"""
"""Patroni takes a dead server for a living one until process 1 has reaped it, which in a container may take seconds."""
_ENTRY = {"a": "patroni.__main__", "b": "patroni.__main__", "c": "patroni.raft_controller"}


def patroni_command(node: str, configuration: Path, ports: Ports, *, linked: bool) -> tuple[str, ...]:
    """Return the command of node `a` or `b`, or of the third voter `c`.

    A raft member is known by its address, which must stay. So when `linked` only the port that is dialled is another:
    that of the link to the member. The table is in the command, which is thereby complete by itself. A lost connection
    is tried again after one second; the library's five would be most of a failover. A server that is dead counts as
    dead at once, and not only when process 1 has reaped it.
    """
    dials = {
        f"127.0.0.1:{ports.of(f'raft-{other}')}": ports.link(f"raft-{node}", f"raft-{other}")
        for other in _DIALLED.get(node, ())
    }
    patch = _DIAL.format(dials=dials) if linked and dials else ""
    if node != "c":
        patch += _DEAD_IS_DEAD
    return (sys.executable, "-c", f"{_PATIENCE}{patch}from {_ENTRY[node]} import main; main()", str(configuration))
