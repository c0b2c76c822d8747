"""The embedded target: the whole platform as local processes, every link through Toxiproxy."""

from collections.abc import Mapping, Sequence

from harness.core.errors import UsageError
from harness.core.target import Progress, Service
from harness.provision.ports import Ports
from harness.provision.postgres.cluster import processes
from harness.provision.postgres.small_disk import require_small_disk
from harness.provision.processes.ending import end_everything
from harness.provision.processes.records import load_records
from harness.provision.processes.supervisor import Supervisor
from harness.targets import observing
from harness.targets.durability import server_count, wal_mb
from harness.targets.environment import checked_settings
from harness.targets.platform_target import PlatformTarget
from harness.targets.plumbing import EmbeddedPlumbing, connect
from harness.targets.starting import adjust, chosen_base_port, start_afresh
from harness.targets.state import PlatformState
from harness.targets.topology import PROCESSES as FROM_MODULES
from harness.targets.topology import SETUP
from harness.workspace import Workspace

DATABASE = (*processes(3), *processes(2))
PROCESSES = (*DATABASE, "toxiproxy", *FROM_MODULES)
"""Whatever an embedded platform may have started, with three servers or with two."""


def require_disks(settings: Mapping[str, str]) -> None:
    """Raise `UsageError` where this machine or user cannot give the database the small disk that it is to have."""
    if wal_mb(settings):
        require_small_disk()


class EmbeddedTarget(PlatformTarget):
    """`core.target.Target` on one workspace. Use it inside a `HarnessSession`, whose guard cleans up behind it."""

    name = "embedded"

    def __init__(self, workspace: Workspace, *, base_port: int | None = None) -> None:
        self.supervisor = Supervisor(workspace)
        super().__init__(workspace, self.supervisor)
        self._base_port = base_port
        self._parts: EmbeddedPlumbing | None = None

    @staticmethod
    def is_up(workspace: Workspace) -> bool:
        """Tell whether a platform is kept in this workspace and any of it runs."""
        if not workspace.kept or not workspace.platform_file.exists():
            return False
        return any(record.process() for record in load_records(workspace.processes_file).values())

    def attach(self) -> bool:
        """Use the platform that runs in this workspace, as `status` does; False when there is none."""
        state = PlatformState.load(self.workspace.platform_file)
        if state is None or state.target != self.name:
            return False
        if not any(self.supervisor.alive(name) for name in self.supervisor.records):
            return False
        self._parts = connect(self.workspace, self.supervisor, state)
        return True

    def start(self, *, bug: str | None, settings: Mapping[str, str], progress: Progress) -> None:
        """Bring everything up; idempotent. Restarts only what another bug, other settings or a death demand.

        Raises `UsageError` for ports in use or unknown settings, `ProvisionError` when something does not come up.
        """
        wanted = checked_settings(settings)
        require_disks(wanted)
        if self._parts is None:
            self.attach()
        if self._parts is not None and self._foundation_alive() and self._same_foundation(wanted):
            self._refuse_other_ports()
            self._parts = adjust(self._parts, self.workspace, self.supervisor, bug or "", wanted, progress)
            return
        base_port = self._base_port
        if self._parts is not None:
            self._refuse_other_ports()
            base_port = self._parts.state.base_port
            progress("the platform was not whole, or needs another database: starting it afresh")
            end_everything(self.workspace, groups=("platform",))
            self._parts = None
        ports = Ports(chosen_base_port(base_port))
        self._parts = start_afresh(ports, self.workspace, self.supervisor, bug or "", wanted, progress)

    def stop(self, progress: Progress) -> None:
        """Take everything down that `start` brought up. At once: the next start begins with fresh books anyway."""
        progress("stopping the platform's processes")
        self.supervisor.stop([name for name in self.supervisor.records if name in (*PROCESSES, SETUP)])
        end_everything(self.workspace, groups=("platform",))
        self._parts = None

    def gather_logs(self) -> None:
        """Nothing to do: the processes write into the workspace's logs themselves."""

    def cpu(self) -> Mapping[str, float]:
        """Return each process's CPU seconds used so far, by its name."""
        return observing.cpu(self.supervisor)

    def services(self) -> Sequence[Service]:
        """Return every process with its ports, health and role."""
        return observing.services(self._running, self.supervisor)

    def _foundation_alive(self) -> bool:
        settings = self._running.state.settings
        return all(self.supervisor.alive(name) for name in processes(server_count(settings)))

    def _refuse_other_ports(self) -> None:
        running = self._running.state.base_port
        if self._base_port not in (None, running):
            raise UsageError(
                f"a platform is up in this workspace on base port {running}, not {self._base_port}",
                hint="`faultline down` first, or leave --base-port out",
            )
