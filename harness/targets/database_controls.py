"""`core.database_controls.Database` on the embedded cluster: signals, Patroni's REST API, links."""

from collections.abc import Sequence
from pathlib import Path

import psutil

from harness.core.errors import ControlError
from harness.core.fault import Undo
from harness.core.surface import Links
from harness.guard.node_healers import revive_undo, thaw_undo
from harness.guard.process_healers import THAW
from harness.provision.ports import Ports
from harness.provision.postgres.family import command_line, freeze, kill, server_family
from harness.provision.processes.records import ProcessRecord
from harness.provision.processes.supervisor import Supervisor
from harness.targets.node_controls import NodeControls


class ClusterControls(NodeControls):
    """The nodes `pg-a`, `pg-b`, `pg-c` as local processes."""

    def __init__(
        self, ports: Ports, supervisor: Supervisor, links: Links, *, reader: str, superuser: str, count: int = 3
    ) -> None:
        """`reader` and `superuser` are the passwords of those two roles; `count` nodes have a server."""
        super().__init__(ports, links, reader=reader, superuser=superuser, count=count)
        self._supervisor = supervisor

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

    def partition(self, node: str) -> None:
        """Cut every link of a node while it lives."""
        for link in self.links_of(node):
            self._links.cut(link)

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
