"""`core.database_controls.Database` on the embedded cluster: signals, Patroni's REST API, links."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
import requests

from harness.core.database_controls import NodeState, Written
from harness.core.errors import ControlError, UsageError
from harness.core.fault import Undo
from harness.core.surface import Links
from harness.guard.node_healers import revive_undo, thaw_undo
from harness.guard.process_healers import THAW
from harness.provision.http import session
from harness.provision.ports import LINKS, Ports
from harness.provision.postgres.family import command_line, freeze, kill, server_family
from harness.provision.postgres.settings import NODES
from harness.provision.processes.records import ProcessRecord
from harness.provision.processes.supervisor import Supervisor
from harness.targets.database_nodes import NodeReader, try_write

_SWITCHOVER_TIMEOUT_S = 0.3
"""Patroni takes the request at once and answers when all is over: its answer is not waited for."""


class ClusterControls:
    """The two nodes `pg-a` and `pg-b`. Nothing here goes through a link, whatever is done to the links."""

    def __init__(self, ports: Ports, supervisor: Supervisor, links: Links, *, reader: str, superuser: str) -> None:
        """`reader` and `superuser` are the passwords of those two roles."""
        self._ports = ports
        self._supervisor = supervisor
        self._links = links
        self._superuser = superuser
        self._readers: Mapping[str, NodeReader] = {
            f"pg-{node}": NodeReader(ports.of(f"pg-{node}"), reader) for node in NODES
        }

    def nodes(self) -> Sequence[str]:
        """Return the names of the nodes."""
        return tuple(self._readers)

    def look(self, node: str) -> NodeState:
        """Return what a node says now; one that does not answer within a second is not up. Never raises."""
        return self._readers[self._known(node)].look()

    def primary(self) -> str:
        """Return the node that accepts writes (of two, the one on the later timeline); `ControlError` for none."""
        states = self._states()
        writable = [node for node, state in states.items() if state.accepts_writes]
        if not writable:
            raise ControlError(f"PostgreSQL has no primary: {_told(states)}", hint="`faultline status` shows the nodes")
        return max(writable, key=lambda node: states[node].timeline)

    def primary_port(self) -> int:
        """Return the primary's own port (not through any link); `ControlError` when there is none."""
        return self._ports.of(self.primary())

    def standby(self) -> str:
        """Return the node that follows the primary; `ControlError` for none."""
        states = self._states()
        for node, state in states.items():
            if state.role == "standby":
                return node
        raise ControlError(f"PostgreSQL has no standby: {_told(states)}")

    def timeline(self) -> int:
        """Return the primary's timeline."""
        return self.look(self.primary()).timeline

    def write(self, node: str) -> Written:
        """Try one small write straight to a node, as a client would, and leave no trace in any table."""
        return try_write(self._ports.of(self._known(node)), self._superuser)

    def kill_server(self, node: str) -> int:
        """SIGKILL the server with all its processes; Patroni lives on. Return its pid."""
        family = self._family(node)
        kill(family)
        return family[0].pid

    def kill_node(self, node: str) -> int:
        """SIGKILL Patroni and the server. Return the server's pid."""
        family = self._family(node)
        # Patroni first: it would notice, and speak.
        kill([self._patroni(node), *family])
        return family[0].pid

    def freeze_server(self, node: str) -> int:
        """SIGSTOP the server with all its processes. Return its pid."""
        family = self._family(node)
        # The server first, so that it starts no more children. Twice, for those that it started until then.
        freeze(family)
        freeze(self._family(node))
        return family[0].pid

    def freeze_node(self, node: str) -> int:
        """SIGSTOP Patroni and the server. Return the server's pid."""
        freeze([self._patroni(node)])
        return self.freeze_server(node)

    def freeze_replay(self, node: str) -> int:
        """SIGSTOP the one process of a standby that replays the log. Return its pid."""
        process = self._replay(node)
        freeze([process])
        return process.pid

    def switchover(self) -> None:
        """Ask for a planned change of roles and return at once; `ControlError` where that is refused."""
        leader, candidate = self.primary(), self.standby()
        try:
            reply = session().post(
                f"{self._rest(leader)}/switchover",
                json={"leader": leader, "candidate": candidate},
                timeout=(1.0, _SWITCHOVER_TIMEOUT_S),
            )
        except requests.ReadTimeout:
            return
        except requests.RequestException as error:
            raise ControlError(f"{leader} did not take the switchover: {type(error).__name__}") from error
        if not reply.ok:
            raise ControlError(f"{leader} refused the switchover: {reply.text[:200]}")

    def partition(self, node: str) -> None:
        """Cut every link of a node while it lives."""
        for link in self.links_of(node):
            self._links.cut(link)

    def links_of(self, node: str) -> Sequence[str]:
        """Return every link through which a node speaks with clients, its partner or the other voters.

        There are only two nodes, so whatever runs between Patronis or carries WAL has this node at one end.
        """
        letter = self._known(node).removeprefix("pg-")
        return [f"{source}-to-{destination}" for source, destination in LINKS if _concerns(letter, source, destination)]

    def undo_kill(self, node: str) -> Undo:
        """Return the step that brings Patroni back, which brings the server back."""
        return revive_undo(self._supervisor.workspace, self._record(node))

    def undo_freeze(self, node: str) -> Undo:
        """Return the step that lets Patroni and the server run on."""
        return thaw_undo(self._record(node))

    def undo_freeze_replay(self, node: str) -> Undo:
        """Return the step that lets a standby's replay run on."""
        process = self._replay(node)
        started_at = repr(process.create_time())
        return Undo(THAW, {"name": f"replay of {node}", "pid": str(process.pid), "started_at": started_at})

    def undo_partition(self, node: str) -> Sequence[Undo]:
        """Return the steps that bring its links back."""
        return [self._links.undo(link) for link in self.links_of(node)]

    def _states(self) -> Mapping[str, NodeState]:
        return {node: self.look(node) for node in self.nodes()}

    def _family(self, node: str) -> list[psutil.Process]:
        family = server_family(Path(self._record(node).data_folder))
        if not family:
            raise ControlError(f"{node} has no PostgreSQL server to break")
        return family

    def _replay(self, node: str) -> psutil.Process:
        found = next((child for child in self._family(node) if " startup" in command_line(child)), None)
        if found is None:
            raise ControlError(f"{node} replays nothing: it is no standby")
        return found

    def _patroni(self, node: str) -> psutil.Process:
        process = self._record(node).process()
        if process is None:
            raise ControlError(f"{node} has no Patroni to break")
        return process

    def _record(self, node: str) -> ProcessRecord:
        record = self._supervisor.records.get(self._known(node))
        if record is None:
            raise ControlError(f"{node} was never started")
        return record

    def _rest(self, node: str) -> str:
        return f"http://127.0.0.1:{self._ports.of(node.replace('pg-', 'patroni-'))}"

    def _known(self, node: str) -> str:
        if node not in self._readers:
            raise UsageError(f"there is no database node {node!r}", hint=f"nodes: {', '.join(self._readers)}")
        return node


def _told(states: Mapping[str, NodeState]) -> str:
    return ", ".join(f"{node} is {state.role if state.up else 'down'}" for node, state in states.items())


def _concerns(letter: str, source: str, destination: str) -> bool:
    if source.startswith("raft-"):
        return f"raft-{letter}" in (source, destination)
    return source == "standby" or source.startswith("patroni-") or destination == f"db-{letter}"
