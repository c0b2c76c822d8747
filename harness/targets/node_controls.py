"""The half of `core.database_controls.Database` that is asked over the network, however the nodes were started."""

from collections.abc import Mapping, Sequence

import requests

from harness.core.database_controls import Commit, LogSources, NodeState, Written
from harness.core.errors import ControlError, UsageError
from harness.core.surface import Links
from harness.provision.http import session
from harness.provision.ports import Ports
from harness.provision.postgres.settings import servers
from harness.targets.database_nodes import NodeReader, try_write
from harness.targets.log_reading import read_commits

_SWITCHOVER_TIMEOUT_S = 0.3
"""Patroni takes the request at once and answers when all is over: its answer is not waited for."""


class NodeControls:
    """The nodes `pg-a`, `pg-b`, `pg-c`. Nothing here goes through a link, whatever is done to the links."""

    def __init__(self, ports: Ports, links: Links, *, reader: str, superuser: str, count: int = 3) -> None:
        """`reader` and `superuser` are the passwords of those two roles; `count` nodes have a server."""
        self._ports = ports
        self._links = links
        self._superuser = superuser
        self._readers: Mapping[str, NodeReader] = {
            f"pg-{node}": NodeReader(ports.of(f"pg-{node}"), reader) for node in servers(count)
        }
        self._reader = reader

    def nodes(self) -> Sequence[str]:
        """Return the names of the nodes."""
        return tuple(self._readers)

    def look(self, node: str) -> NodeState:
        """Return what a node says now; one that does not answer within a second is not up. Never raises."""
        return self._readers[self._known(node)].look()

    def log_sources(self) -> LogSources:
        """Return where the nodes are asked how much of the log they have on disk, by a process of its own."""
        return LogSources({node: self._ports.of(node) for node in self.nodes()}, self._reader)

    def commits(self, after_bytes: int) -> Sequence[Commit]:
        """Return every commit in the log after a position, along the primary's history. `ControlError` without it."""
        primary = self.primary()
        nodes = [primary, *(node for node in self.nodes() if node != primary)]
        return read_commits([self._ports.of(node) for node in nodes], self._superuser, after_bytes)

    def primary(self) -> str:
        """Return the node that accepts writes (of several, the one on the latest timeline); `ControlError` for none."""
        states = self._states()
        writable = [node for node, state in states.items() if state.accepts_writes]
        if not writable:
            raise ControlError(f"PostgreSQL has no primary: {_told(states)}", hint="`faultline status` shows the nodes")
        return max(writable, key=lambda node: states[node].timeline)

    def primary_port(self) -> int:
        """Return the primary's own port (not through any link); `ControlError` when there is none."""
        return self._ports.of(self.primary())

    def standbys(self) -> Sequence[str]:
        """Return the nodes that follow, in the order of their names; `ControlError` for none."""
        states = self._states()
        found = [node for node, state in states.items() if state.role == "standby"]
        if not found:
            raise ControlError(f"PostgreSQL has no standby: {_told(states)}")
        return found

    def timeline(self) -> int:
        """Return the primary's timeline."""
        return self.look(self.primary()).timeline

    def write(self, node: str) -> Written:
        """Try one small write straight to a node, as a client would, and leave no trace in any table."""
        return try_write(self._ports.of(self._known(node)), self._superuser)

    def switchover(self) -> None:
        """Ask for a planned change of roles and return at once; `ControlError` where that is refused."""
        leader, candidate = self.primary(), self.standbys()[0]
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

    def links_of(self, node: str) -> Sequence[str]:
        """Return every link through which a node speaks with clients, the other nodes or whoever votes."""
        letter = self._known(node).removeprefix("pg-")
        return [link for link in self._links.matching("*") if _concerns(letter, *link.split("-to-"))]

    def _states(self) -> Mapping[str, NodeState]:
        return {node: self.look(node) for node in self.nodes()}

    def _rest(self, node: str) -> str:
        return f"http://127.0.0.1:{self._ports.of(node.replace('pg-', 'patroni-'))}"

    def _known(self, node: str) -> str:
        if node not in self._readers:
            raise UsageError(f"there is no database node {node!r}", hint=f"nodes: {', '.join(self._readers)}")
        return node


def _told(states: Mapping[str, NodeState]) -> str:
    return ", ".join(f"{node} is {state.role if state.up else 'down'}" for node, state in states.items())


def _concerns(letter: str, source: str, destination: str) -> bool:
    return source in (f"standby-{letter}", f"patroni-{letter}", f"raft-{letter}") or destination in (
        *(f"db-{letter}", f"patroni-{letter}", f"raft-{letter}"),
    )
