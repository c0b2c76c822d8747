"""`core.pressure_controls.Pressure` on containers: a node's small disk is in its container's memory."""

import time

from harness.core.database_controls import Database
from harness.core.fault import Undo
from harness.guard.container_healers import BALLAST, free_undo
from harness.provision.containers.engine import controlled
from harness.provision.containers.owned import container
from harness.provision.containers.programs import run_program
from harness.provision.processes.supervisor import Supervisor
from harness.targets.compose.layout import Layout
from harness.targets.pressure import FULL, PressureControls


class ContainerPressure(PressureControls):
    """As on the embedded cluster, but whoever fills a disk is a program in the node's own container."""

    def __init__(self, layout: Layout, supervisor: Supervisor, nodes: Database, *, reader: str, superuser: str) -> None:
        """`reader` and `superuser` are the passwords of those two roles."""
        super().__init__(layout.ports, supervisor, nodes, reader=reader, superuser=superuser)
        self._owner = layout.owner
        self._since_s = int(time.time())

    def fill_disk(self, node: str) -> int:
        """Fill a node's small disk with a ballast file and have the server go on to its next log file."""
        ballast_bytes = int(run_program(self._owner, node, [BALLAST, "fill"]))
        self._use_up(node)
        return ballast_bytes

    def undo_fill(self, node: str) -> Undo:
        """Return the step that removes the ballast."""
        return free_undo(self._owner, node)

    def disk_errors(self, node: str) -> int:
        """Return how often a node's server has told, since the harness knows it, that its disk is full."""
        found = container(self._owner, node)
        with controlled(f"reading the log of {node}"):
            return int(found.logs(since=self._since_s).count(FULL.encode()))
