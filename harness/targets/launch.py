"""Starting the embedded platform's processes in the order that they need, everything else at the same time."""

import os
import sys
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import harness
from harness.core.errors import ProvisionError
from harness.provision.http import answers
from harness.provision.ports import Ports
from harness.provision.postgres.cluster import PostgresCluster
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.targets.environment import environment
from harness.targets.in_use import absent
from harness.targets.sources import source_of
from harness.targets.state import PlatformState
from harness.targets.topology import MODULES, OWN, ROLES, SETUP, SIMULATORS, health_url, published
from harness.workspace import Workspace

_READY_DEADLINE_S = 40.0
_SETUP_DEADLINE_S = 60.0
STOP_GRACE_S = 3.0


class Launcher:
    """Starts and restarts the processes of one platform. It holds no state but what it was given."""

    def __init__(self, workspace: Workspace, ports: Ports, supervisor: Supervisor, state: PlatformState) -> None:
        self._workspace = workspace
        self._ports = ports
        self._supervisor = supervisor
        self._state = state

    @property
    def simulators(self) -> tuple[str, ...]:
        """The outside world, as far as it is there under these settings."""
        return tuple(name for name in SIMULATORS if name not in absent(self._state.settings))

    def foundation(self, cluster: PostgresCluster) -> None:
        """Start the simulators while the database forms."""
        for name in self.simulators:
            (self._workspace.journals / f"{name}.journal").unlink(missing_ok=True)
        with ThreadPoolExecutor(max_workers=2) as pool:
            for step in [pool.submit(self.start, self.simulators), pool.submit(cluster.wait_primary)]:
                step.result()

    def start(self, names: Collection[str]) -> None:
        """Start these processes together, those that run already excepted, and wait until all answer."""
        for name in names:
            self.begin(name)
        for name in names:
            url = health_url(name, self._ports)
            self._supervisor.wait_ready(name, lambda url=url: answers(url), deadline_s=_READY_DEADLINE_S, what=url)  # type: ignore[misc]

    def begin(self, name: str) -> None:
        """Start a process unless it runs already, without waiting until it answers."""
        if not self._supervisor.alive(name):
            self._supervisor.spawn(self._spec(name))

    def ready(self, name: str) -> bool:
        """Tell whether a process answers."""
        return self._supervisor.alive(name) and answers(health_url(name, self._ports))

    def setup(self, *, fresh: bool) -> None:
        """Run the platform's one-shot setup: migrate and seed, after dropping everything when `fresh`."""
        self._supervisor.spawn(self._spec(SETUP, *(("--fresh",) if fresh else ())))
        status = self._supervisor.wait_exit(SETUP, deadline_s=_SETUP_DEADLINE_S)
        if status != 0:
            self._supervisor.stop([SETUP])
            how = "did not end" if status is None else f"failed with status {status}"
            raise ProvisionError(
                f"the platform's setup {how}; its last lines:\n{self._supervisor.tail('setup')}",
                hint=f"the whole log: {self._supervisor.log_path('setup')}",
            )

    def restart(self, names: Iterable[str]) -> None:
        """Stop these processes and start them again."""
        names = tuple(names)
        self._supervisor.stop(names, grace_s=STOP_GRACE_S)
        self.start(names)

    def _spec(self, name: str, *arguments: str) -> ProcessSpec:
        own = name in (*OWN, SETUP)
        source = source_of(self._state.bug, self._workspace) if own else Path(harness.__file__).parent.parent
        path = os.pathsep.join(filter(None, (str(source), os.environ.get("PYTHONPATH", ""))))
        return ProcessSpec(
            name=name,
            command=(sys.executable, "-m", MODULES[name], *arguments),
            env=environment(name, self._state, self._ports, self._workspace) | {"PYTHONPATH": path},
            ports={} if name == SETUP else published(name, self._ports),
            role=ROLES.get(name, ""),
            cwd=self._workspace.root,
        )
