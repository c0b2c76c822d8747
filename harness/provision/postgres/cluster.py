"""The running cluster: three Patroni nodes, or two and a third raft voter."""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import requests

from harness.core.database_controls import NODES
from harness.core.errors import ProvisionError
from harness.core.plain import JsonObject
from harness.core.target import Progress
from harness.provision.http import session
from harness.provision.ports import Ports
from harness.provision.postgres.account import Account, database_account, require_usable
from harness.provision.postgres.binaries import Binaries, find_binaries
from harness.provision.postgres.family import server_family, thaw
from harness.provision.postgres.launching import patroni_command
from harness.provision.postgres.settings import TIMINGS, Passwords, node_configuration, raft_configuration
from harness.provision.postgres.small_disk import on_small_disk
from harness.provision.postgres.snapshot import restore
from harness.provision.postgres.view import ClusterView
from harness.provision.processes.supervisor import ProcessSpec, Supervisor
from harness.workspace import Workspace

_FORM_DEADLINE_S = 60.0
_UNCHANGED = {"loop_wait": TIMINGS["loop_wait"]}


def processes(count: int) -> tuple[str, ...]:
    """Return the names of a cluster's processes: a Patroni for each of `count` servers, and who only votes."""
    return tuple(f"{'pg' if place < count else 'raft'}-{node}" for place, node in enumerate(NODES))


class PostgresCluster(ClusterView):
    """A primary and its synchronous standbys, each with its Patroni: `pg-a`, `pg-b`, `pg-c`.

    With a `count` of two servers the third process only votes in raft: `raft-c`.

    When `linked`, whatever they say to each other goes through links, which must be there before `start`.
    """

    def __init__(
        self,
        workspace: Workspace,
        ports: Ports,
        supervisor: Supervisor,
        *,
        fsync: bool = True,
        linked: bool = False,
        synchronous: bool = True,
        wal_mb: int = 0,
        count: int = 3,
    ) -> None:
        """`wal_mb` gives each node's log a disk of its own, of that size in MiB (0: the host's).

        Without `synchronous`, standbys that stream make the cluster whole.
        """
        super().__init__(ports, synchronous=synchronous, count=count)
        self._count = count
        self._processes = processes(count)
        self._workspace = workspace
        self._supervisor = supervisor
        self._fsync = fsync
        self._linked = linked
        self._wal_mb = wal_mb

    def start(self, progress: Progress) -> Passwords:
        """Start all three on fresh data and return the roles' passwords; `wait` waits until the cluster is whole."""
        binaries, account = find_binaries(), database_account()
        require_usable(account, binaries.folder)
        passwords = restore(self._workspace.cluster, binaries, account, progress, self._servers)
        self._configure(binaries, account, passwords)
        progress(f"starting PostgreSQL under Patroni: {self.whole}")
        # In raft the member with the higher address connects to the lower ones, and tries again only after 5 s: so the
        # lowest must listen before the others start.
        lowest, *others = self._processes
        self._supervisor.spawn(self._spec_of(lowest, account))
        self._supervisor.wait_ready(lowest, lambda: _listens(self._ports.of("raft-a")), deadline_s=30.0)
        for name in others:
            self._supervisor.spawn(self._spec_of(name, account))
        return passwords

    def wait(self) -> None:
        """Wait until the cluster is whole (`ProvisionError` after 60 s)."""
        self._wait_for(self.is_whole, self.whole)

    def wait_primary(self) -> None:
        """Wait until some node may be written to; its standbys may take a few seconds more."""
        self._wait_for(self.has_primary, "a primary")

    def repair(self) -> None:
        """Bring the cluster back to a primary and all its standbys, whatever was done to it.

        Starts what died, lets run on what was stopped, and waits for the cluster's own recovery. `ProvisionError` where
        that does not come.
        """
        if self.is_whole():
            return
        for name in self._processes:
            record = self._supervisor.records.get(name)
            if record is None or record.process() is None:
                self._supervisor.spawn(self._spec_of(name, database_account()))
            else:
                thaw([*server_family(Path(record.data_folder)), *filter(None, [record.process()])])
        self.wait()

    def _wait_for(self, reached: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + _FORM_DEADLINE_S
        while not reached():
            for name in self._processes:
                if not self._supervisor.alive(name):
                    raise ProvisionError(
                        f"{name} exited while starting; its last lines:\n{self._supervisor.tail(name)}"
                    )
            if time.monotonic() > until:
                tails = "\n".join(self._supervisor.tail(name) for name in self._processes[: self._count])
                raise ProvisionError(
                    f"PostgreSQL had not {what} after {_FORM_DEADLINE_S:.0f} s: {self.roles() or 'no answer'}\n{tails}",
                    hint=f"logs: {self._workspace.logs}",
                )
            self._nudge()
            time.sleep(0.2)

    def _nudge(self) -> None:
        """Have all nodes look around now.

        Setting a value to what it is already changes nothing and ends the pause of Patroni's loop; forming the cluster
        takes several turns, which would each cost a second.
        """
        for node in self._servers:
            try:
                session().patch(
                    f"http://127.0.0.1:{self._ports.of(f'patroni-{node}')}/config", json=_UNCHANGED, timeout=1.0
                )
            except requests.RequestException:
                # Not up yet; it will be nudged again.
                continue

    def stop(self) -> None:
        """End all three at once. The data is not needed again: every start begins with fresh books."""
        self._supervisor.stop(self._processes)

    def _configure(self, binaries: Binaries, account: Account, passwords: Passwords) -> None:
        folder = self._workspace.cluster
        for node in self._servers:
            written = node_configuration(
                node,
                ports=self._ports,
                folder=folder,
                binaries=binaries,
                passwords=passwords,
                fsync=self._fsync,
                count=self._count,
            )
            _write_configuration(folder / f"node-{node}.json", written, account)
        for node in NODES[self._count :]:
            raft: JsonObject = {"raft": raft_configuration(node, ports=self._ports, folder=folder)}
            _write_configuration(folder / f"node-{node}.json", raft, account)

    def _spec_of(self, name: str, account: Account) -> ProcessSpec:
        node = name[-1]
        configuration = self._workspace.cluster / f"node-{node}.json"
        started = patroni_command(node, configuration, self._ports, linked=self._linked, servers=self._servers)
        command = (*account.prefix, *started)
        if node not in self._servers:
            ports = {"raft": self._ports.of(name)}
            return ProcessSpec(name, command, {}, ports, role="third raft voter", cwd=Path("/"))
        ports = {role: self._ports.of(f"{prefix}-{node}") for role, prefix in _NODE_PORTS.items()}
        data = self._workspace.cluster / f"data-{node}"
        if self._wal_mb:
            command = on_small_disk(command, data, self._wal_mb)
        role = "PostgreSQL under Patroni"
        return ProcessSpec(name, command, {}, ports, role=role, cwd=Path("/"), data_folder=str(data))


_NODE_PORTS = {"postgres": "pg", "patroni": "patroni", "raft": "raft"}


def _write_configuration(path: Path, content: JsonObject, account: Account) -> None:
    # YAML reads JSON.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(content, stream, indent=1)
    account.own(path)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
