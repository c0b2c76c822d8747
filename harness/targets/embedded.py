"""The embedded target: the whole platform as local processes, every link through Toxiproxy."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.core.errors import ControlError, HarnessError, UsageError
from harness.core.operating import Operated, OperatorAction
from harness.core.surface import Surface
from harness.core.target import Merchant, Progress, Service
from harness.provision.http import call
from harness.provision.ports import Ports
from harness.provision.processes.ending import end_everything
from harness.provision.processes.records import load_records
from harness.provision.processes.supervisor import Supervisor
from harness.targets import observing, steadiness
from harness.targets.asking import operate
from harness.targets.durability import wal_mb
from harness.targets.environment import PLATFORM, checked_settings
from harness.targets.launch import SIMULATORS
from harness.targets.plumbing import Plumbing, connect
from harness.targets.resetting import reset
from harness.targets.starting import adjust, chosen_base_port, start_afresh
from harness.targets.state import PlatformState
from harness.workspace import Workspace

PROCESSES = ("pg-a", "pg-b", "raft-c", "toxiproxy", *SIMULATORS, *PLATFORM)


class EmbeddedTarget:
    """`core.target.Target` on one workspace. Use it inside a `HarnessSession`, whose guard cleans up behind it."""

    name = "embedded"

    def __init__(self, workspace: Workspace, *, base_port: int | None = None) -> None:
        self.workspace = workspace
        self.supervisor = Supervisor(workspace)
        self.adopted = False
        self._base_port = base_port
        self._parts: Plumbing | None = None

    @staticmethod
    def is_up(workspace: Workspace) -> bool:
        """Tell whether a platform is kept in this workspace and any of it runs."""
        if not workspace.kept or not workspace.platform_file.exists():
            return False
        return any(record.process() for record in load_records(workspace.processes_file).values())

    @property
    def surface(self) -> Surface:
        """Everything that can be broken."""
        return self._running.surface

    @property
    def api_urls(self) -> Mapping[str, str]:
        """Each API replica's own address by its name, not through any faulted link."""
        return self._running.api_urls

    @property
    def merchants(self) -> Sequence[Merchant]:
        """The merchants that exist after `reset`."""
        return [account.public() for account in self._running.state.merchants]

    def attach(self) -> bool:
        """Use the platform that runs in this workspace, as `status` does; False when there is none."""
        state = PlatformState.load(self.workspace.platform_file)
        if state is None:
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
        if self._parts is None:
            self.adopted = self.attach()
        if self._parts is not None and self._foundation_alive() and self._same_disks(wanted):
            self._refuse_other_ports()
            self._parts = adjust(self._parts, self.workspace, self.supervisor, bug or "", wanted, progress)
            return
        base_port = self._base_port
        if self._parts is not None:
            self._refuse_other_ports()
            base_port = self._parts.state.base_port
            progress("the platform was not whole, or needs other disks: starting it afresh")
            end_everything(self.workspace, groups=("platform",))
            self._parts = None
        ports = Ports(chosen_base_port(base_port))
        self._parts = start_afresh(ports, self.workspace, self.supervisor, bug or "", wanted, progress)

    def reset(self) -> None:
        """Empty books and queues, closed breakers, no faults. Verified."""
        reset(self._running, self.supervisor)

    def stop(self, progress: Progress) -> None:
        """Take everything down that `start` brought up. At once: the next start begins with fresh books anyway."""
        progress("stopping the platform's processes")
        self.supervisor.stop([name for name in self.supervisor.records if name in (*PROCESSES, "setup")])
        end_everything(self.workspace, groups=("platform",))
        self._parts = None

    def steady(self) -> str:
        """Return an empty string when the platform is healthy and idle, else one sentence saying what is not."""
        return steadiness.unsteady(self._running, self.supervisor)

    def healthy(self) -> str:
        """Return an empty string when nothing is broken, else one sentence saying what is; it may still be busy."""
        return steadiness.unhealthy(self._running, self.supervisor)

    def backlog(self) -> Mapping[str, int]:
        """Return what is still in flight by kind (unresolved operations, undelivered webhooks ...)."""
        return self._running.database.backlog()

    def ledger(self, after: int) -> Sequence[Mapping[str, object]]:
        """Return the ledger's postings with ids above `after`, straight from the primary."""
        return self._running.database.ledger(after)

    def resolve(self, merchant_id: str, reference: str) -> Sequence[Mapping[str, object]]:
        """Return the payments with this merchant reference as the API shows them (the final reads)."""
        parts = self._running
        keys = {account.id: account.api_key for account in parts.state.merchants}
        query = {"merchant_reference": reference, "limit": "100"}
        headers = {"Authorization": f"Bearer {keys[merchant_id]}"}
        problem = ControlError("no API replica answered")
        for url in parts.api_urls.values():
            try:
                return list(call("GET", f"{url}/v1/payments", params=query, headers=headers)["data"])
            except ControlError as error:
                problem = error
        raise problem

    def save_books(self, folder: Path) -> None:
        """Write `*.parquet` and `states.json` into `folder`: gateway ledgers first, then the database."""
        from harness.targets import books

        parts = self._running
        folder.mkdir(parents=True, exist_ok=True)
        books.save_ledgers(folder, parts.admin_urls, parts.sink_admin)
        with parts.database.connection() as connection:
            books.save_database(folder, connection)
        books.save_states(folder, parts.api_urls["api1"])

    def operate(self, action: OperatorAction, request_id: str, *, replica: str = "") -> Operated:
        """Do what an operator does, through an API replica's own address; `request_id` is how the audit names it."""
        parts = self._running
        url = parts.api_urls[replica] if replica else next(iter(parts.api_urls.values()))
        return operate(url, parts.operator, action, request_id)

    def bug_reached(self) -> int | None:
        """Return how often the planted bug's code was reached over all processes; None when none is planted."""
        parts = self._running
        if not parts.state.bug:
            return None
        healths = [call("GET", f"{url}/health", timeout_s=2.0) for url in parts.platform_urls.values()]
        return sum(int(health.get("bug_reached") or 0) for health in healths)

    def facts(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is in force, grouped for the report: durability settings, versions, link proxy, timeouts."""
        return observing.facts(self._running)

    def breakers(self) -> Sequence[Mapping[str, object]]:
        """Return each breaker's state now: gateway, operation class, state, version."""
        return steadiness.breakers(self._running)

    def cpu(self) -> Mapping[str, float]:
        """Return each process's CPU seconds used so far, by its name."""
        return observing.cpu(self.supervisor)

    def services(self) -> Sequence[Service]:
        """Return every process with its ports, health and role."""
        return observing.services(self._running, self.supervisor)

    def active_faults(self) -> Sequence[str]:
        """Return a sentence for each fault that is on now, on links and in simulators."""
        return observing.active_faults(self._running)

    def where(self) -> Mapping[str, str]:
        """Return where everything is: addresses, secrets, logs."""
        parts = self._running
        primary = next((node for node in parts.nodes.nodes() if parts.nodes.look(node).accepts_writes), "")
        return {
            **parts.api_urls,
            **{f"{name} admin": url for name, url in parts.admin_urls.items()},
            "toxiproxy": f"http://127.0.0.1:{parts.proxy.port}",
            "postgresql": f"127.0.0.1:{parts.ports.of(primary)}" if primary else "no primary",
            "merchants' keys": str(self.workspace.merchants_file),
            "operator token, passwords": str(self.workspace.platform_file),
            "logs": str(self.workspace.logs),
        }

    @property
    def _running(self) -> Plumbing:
        if self._parts is None:
            raise HarnessError("the platform has not been started")
        return self._parts

    def _same_disks(self, wanted: Mapping[str, str]) -> bool:
        return wal_mb(self._running.state.settings) == wal_mb(wanted)

    def _foundation_alive(self) -> bool:
        return all(self.supervisor.alive(name) for name in ("pg-a", "pg-b", "raft-c"))

    def _refuse_other_ports(self) -> None:
        running = self._running.state.base_port
        if self._base_port not in (None, running):
            raise UsageError(
                f"a platform is up in this workspace on base port {running}, not {self._base_port}",
                hint="`faultline down` first, or leave --base-port out",
            )
