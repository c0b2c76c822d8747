"""`core.database_controls.Database` on containers: a node is a container, its partition leaves the platform's network.

A node that was taken off that network keeps its published ports on the other one: the harness still asks it straight.
"""

import time
from collections.abc import Sequence

from harness.core.container_controls import Containers
from harness.core.errors import ControlError
from harness.core.fault import Undo
from harness.core.surface import Links
from harness.guard.container_healers import SIGNAL_SERVER, resume_undo, start_undo
from harness.provision.containers.programs import run_program
from harness.targets.compose.layout import Layout
from harness.targets.compose.processes import ContainerProcesses
from harness.targets.node_controls import NodeControls

_STOP_DEADLINE_S = 3.0


class ContainerNodes(NodeControls):
    """The nodes `pg-a`, `pg-b`, `pg-c`, each a container with Patroni and its server."""

    def __init__(
        self,
        layout: Layout,
        containers: ContainerProcesses,
        controls: Containers,
        links: Links,
        *,
        reader: str,
        superuser: str,
        count: int = 3,
    ) -> None:
        """`reader` and `superuser` are the passwords of those two roles; `count` nodes have a server."""
        super().__init__(layout.ports, links, reader=reader, superuser=superuser, count=count)
        self._layout = layout
        self._containers = containers
        self._controls = controls

    def kill_server(self, node: str) -> int:
        """SIGKILL the server with all its processes; Patroni lives on. Return its pid in the container."""
        return self._signal(node, "KILL")

    def kill_node(self, node: str) -> int:
        """SIGKILL the whole container. Return its pid on the host."""
        return self._containers.kill(self._known(node))

    def freeze_server(self, node: str) -> int:
        """SIGSTOP the server with all its processes; Patroni lives on. Return its pid in the container."""
        return self._stop(node)

    def freeze_node(self, node: str) -> int:
        """Pause the container. Return its pid on the host."""
        return self._containers.freeze(self._known(node))

    def freeze_replay(self, node: str) -> int:
        """SIGSTOP the one process of a standby that replays the log. Return its pid in the container."""
        return self._stop(node, " startup")

    def partition(self, node: str) -> None:
        """Take a node off the platform's network while it lives: its names and its address are gone for all others."""
        self._controls.disconnect(self._known(node))

    def undo_kill(self, node: str) -> Undo:
        """Return the step that starts the container again, and with it Patroni and the server."""
        return start_undo(self._layout.owner, self._known(node), f"{self._rest(node)}/liveness")

    def undo_freeze(self, node: str) -> Undo:
        """Return the step that lets the container, and a server that a signal stopped, run on."""
        return resume_undo(self._layout.owner, self._known(node), thaw=True)

    def undo_freeze_replay(self, node: str) -> Undo:
        """Return the step that lets a standby's replay run on."""
        return self.undo_freeze(node)

    def undo_partition(self, node: str) -> Sequence[Undo]:
        """Return the step that brings it back to its network, with the same names and address."""
        return [self._controls.undo_disconnect(self._known(node))]

    def _stop(self, node: str, title: str = "") -> int:
        """Stop the server's processes (with `title` in their titles), and those that they start until then."""
        pid, until = self._signal(node, "STOP", title), time.monotonic() + _STOP_DEADLINE_S
        while awake := self._serving(node, "awake", title):
            if time.monotonic() > until:
                raise ControlError(f"the server of {node} is not stopped: processes {', '.join(awake.split())}")
            self._signal(node, "STOP", title)
        return pid

    def _signal(self, node: str, signal: str, title: str = "") -> int:
        """Signal the server's processes (with `title` in their titles); return the oldest one's pid there."""
        said = self._serving(node, signal, title)
        if not said.isdigit():
            raise ControlError(f"signalling the server of {node}: {said or 'nothing was said'}")
        return int(said)

    def _serving(self, node: str, *what: str) -> str:
        return run_program(self._layout.owner, self._known(node), [SIGNAL_SERVER, *what])
