"""Healers of database nodes: what was killed is started again, what was stopped runs on.

A node is healed when its Patroni runs. That it finds the others, and that its server comes back and follows the right
primary, is the cluster's own recovery, which a run measures and `repair` waits for.
"""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.core.errors import HealingError
from harness.core.fault import Undo
from harness.provision.postgres.family import server_family, thaw
from harness.provision.processes.records import ProcessRecord, living
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.workspace import Workspace

_LIFE_S = 1.0
"""A Patroni that cannot run at all has ended by then."""
REVIVE = "revive_node"
THAW = "thaw_node"
_POLL_S = 0.1


def revive_undo(workspace: Workspace, record: ProcessRecord) -> Undo:
    """Return the undo `revive_node` of a node whose Patroni was started as `record` says."""
    started = {"command": record.command, "ports": dict(record.ports), "role": record.role}
    arguments = {"workspace": str(workspace.root), "node": record.name, "data_folder": record.data_folder}
    return Undo(REVIVE, arguments | {"process": json.dumps(started)})


def thaw_undo(record: ProcessRecord) -> Undo:
    """Return the undo `thaw_node` of a node whose Patroni is the process in `record`."""
    process = {"pid": str(record.pid), "started_at": repr(record.started_at)}
    return Undo(THAW, {"node": record.name, "data_folder": record.data_folder, **process})


def revive_node(arguments: Mapping[str, str]) -> None:
    """Start a node's Patroni unless it runs: `workspace`, `node`, `data_folder`, `process` (how it was started)."""
    workspace, node = Workspace(Path(arguments["workspace"])), arguments["node"]
    supervisor = Supervisor(workspace)
    if not supervisor.alive(node):
        started = json.loads(arguments["process"])
        supervisor.spawn(
            ProcessSpec(
                node,
                tuple(started["command"]),
                ports=started["ports"],
                role=started["role"],
                cwd=Path("/"),
                data_folder=arguments["data_folder"],
            )
        )
        _see_it_live(supervisor, node)


def thaw_node(arguments: Mapping[str, str]) -> None:
    """Let a node run on: `node`, `data_folder`, and `pid` with `started_at` of its Patroni."""
    patroni = living(int(arguments["pid"]), float(arguments["started_at"]))
    thaw([*server_family(Path(arguments["data_folder"])), *([patroni] if patroni else [])])


def _see_it_live(supervisor: Supervisor, node: str) -> None:
    until = time.monotonic() + _LIFE_S
    while time.monotonic() < until:
        if not supervisor.alive(node):
            raise HealingError(f"{node} was started again and ended at once: {supervisor.tail(node)}")
        time.sleep(_POLL_S)


NODE_HEALERS: Mapping[str, Callable[[Mapping[str, str]], None]] = {REVIVE: revive_node, THAW: thaw_node}
"""The healers of this file by the kind of undo."""
