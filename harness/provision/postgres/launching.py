"""The commands that start Patroni's processes."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.core.database_controls import NODES
from harness.provision.ports import LINKS, Ports
from harness.provision.postgres import patroni_node

_PROGRAM = Path(patroni_node.__file__)


def patroni_command(
    node: str, configuration: Path, ports: Ports, *, linked: bool, servers: Sequence[str] = NODES
) -> tuple[str, ...]:
    """Return the command of a node; one that is not among `servers` only votes.

    A node is known by its address, which must stay. So when `linked` only what is dialled is another: this node's own
    link to each other one. The table is in the command, which is thereby complete by itself.
    """
    what = {
        "voter": node not in servers,
        "members": [f"pg-{name}" for name in servers],
        "dials": _dials(node, ports) if linked else {},
        "raft": _raft_dials(node, ports) if linked else {},
    }
    return (sys.executable, "-P", str(_PROGRAM), json.dumps(what), str(configuration))


def _dials(node: str, ports: Ports) -> dict[str, str]:
    dialled: dict[str, str] = {}
    for other in NODES:
        if other != node:
            dialled[_local(ports.of(f"pg-{other}"))] = _local(ports.link(f"standby-{node}", f"db-{other}"))
            dialled[_local(ports.of(f"patroni-{other}"))] = _local(ports.link(f"patroni-{node}", f"patroni-{other}"))
    return dialled


def _raft_dials(node: str, ports: Ports) -> dict[str, int]:
    called = [other for caller, other in LINKS if caller == f"raft-{node}"]
    return {_local(ports.of(other)): ports.link(f"raft-{node}", other) for other in called}


def _local(port: int) -> str:
    return f"127.0.0.1:{port}"
