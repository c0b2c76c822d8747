"""The compose target: the platform of docker-compose.yml, with the same ports on this machine as the embedded one."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from harness.core.errors import HarnessError, ProvisionError, UsageError
from harness.core.target import Progress, Service
from harness.guard.container_healers import start_container, start_undo
from harness.provision.containers.compose import build_missing, compose, compose_command
from harness.provision.containers.ending import containers_run, end_containers
from harness.provision.containers.engine import engine
from harness.provision.containers.owned import owner_of
from harness.provision.ports import LINK_OFFSETS, TOPOLOGY, Ports, require_free
from harness.provision.processes.ending import end_everything
from harness.provision.processes.supervisor import Supervisor
from harness.targets import durability
from harness.targets.compose import observing
from harness.targets.compose.fleet import Fleet
from harness.targets.compose.layout import Layout, layout_of
from harness.targets.compose.parts import connect, database, helper_urls
from harness.targets.compose.secrets import read_secrets
from harness.targets.environment import checked_settings
from harness.targets.in_use import absent
from harness.targets.platform_target import PlatformTarget
from harness.targets.starting import CHANGING, chosen_base_port
from harness.targets.state import PlatformSecrets, PlatformState, write_merchants
from harness.targets.topology import OWN
from harness.workspace import Workspace, write_private
from topology.ports import LINKS_FROM

WAL_MB_MAX = 384
"""Half of a database container's memory, where the small disk for its log lies."""


def require_memory(settings: Mapping[str, str]) -> None:
    """Raise `UsageError` where a disk for the log would take the memory that the server needs."""
    if durability.wal_mb(settings) > WAL_MB_MAX:
        raise UsageError(
            f"database_wal_mb: {durability.wal_mb(settings)} is more than a container has room for",
            hint=f"at most {WAL_MB_MAX} on the target compose",
        )


def _left_out(state: PlatformState) -> tuple[str, ...]:
    """Return the options that leave out the servers of a larger database, and have the optional services wanted."""
    left = set(database(3)) - set(database(durability.server_count(state.settings)))
    wanted = {service.name for service in TOPOLOGY.services if service.declared.optional} - absent(state.settings)
    scales = [*(f"{name}=0" for name in sorted(left)), *(f"{name}=1" for name in sorted(wanted))]
    return tuple(part for scale in scales for part in ("--scale", scale))


class ComposeTarget(PlatformTarget):
    """`core.target.Target` on one workspace's containers. Use it inside a `HarnessSession`."""

    name = "compose"

    def __init__(self, workspace: Workspace, *, base_port: int | None = None) -> None:
        self.supervisor = Supervisor(workspace)
        self._fleet = Fleet(owner_of(workspace))
        super().__init__(workspace, self._fleet)
        self._base_port = base_port
        self._layout: Layout | None = None
        self._logged_at = 0.0

    @staticmethod
    def is_up(workspace: Workspace) -> bool:
        """Tell whether a platform is kept in this workspace and any of it runs; without an engine nothing does."""
        with suppress(ProvisionError):
            return workspace.kept and workspace.platform_file.exists() and containers_run(workspace)
        return False

    def attach(self) -> bool:
        """Use the platform that runs in this workspace; False when there is none of containers."""
        state = PlatformState.load(self.workspace.platform_file)
        if state is None or state.target != self.name or not self._fleet.any_alive():
            return False
        self._layout = self._described(state)
        self._parts = connect(self.workspace, self._layout, self._fleet, state)
        return True

    def start(self, *, bug: str | None, settings: Mapping[str, str], progress: Progress) -> None:
        """Bring everything up; idempotent. Compose replaces only what another bug or other settings demand.

        Raises `UsageError` for ports in use or unknown settings, `ProvisionError` when something does not come up.
        """
        wanted = checked_settings(settings)
        require_memory(wanted)
        compose_command()
        engine()
        if self._parts is None:
            self.attach()
        try:
            if self._parts is None:
                self._start_afresh(bug or "", wanted, progress)
                return
            self._refuse_other_ports()
            if self._same_foundation(wanted):
                self._adjust(bug or "", wanted, progress)
            else:
                self._base_port = self._running.state.base_port
                progress("the database needs other disks or nodes: starting the containers afresh")
                self._start_afresh(bug or "", wanted, progress)
        except HarnessError:
            # Whoever cleans up takes the containers away, and with them what they said.
            self.gather_logs()
            raise

    def stop(self, progress: Progress) -> None:
        """Remove every container, network and volume that `start` made, and nothing else."""
        progress("removing the platform's containers")
        # With whatever was run for them: a Compose whose caller was interrupted goes on making containers.
        end_everything(self.workspace)
        self._parts = None

    def link_ports(self) -> Mapping[int, tuple[str, str]]:
        """Return every link as (caller, callee) by the port that its callers dial, in the containers' own network."""
        return {LINKS_FROM + offset: pair for pair, offset in LINK_OFFSETS.items()}

    def gather_logs(self) -> None:
        """Append what every container has said since the last time to the workspace's logs."""
        self._logged_at = observing.gather_logs(self._fleet, self.workspace.logs, self._logged_at)

    def cpu(self) -> Mapping[str, float]:
        """Return each container's CPU seconds used so far, by its service's name."""
        return observing.cpu(self._fleet)

    def services(self) -> Sequence[Service]:
        """Return every container with its published ports, health and role."""
        return observing.services(self._running, self._fleet, self._laid_out)

    def facts(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is in force, grouped for the report, the engine and the images included."""
        return {**super().facts(), "containers": observing.container_facts(self._fleet)}

    def _start_afresh(self, bug: str, settings: Mapping[str, str], progress: Progress) -> None:
        end_containers(self.workspace)
        ports = Ports(chosen_base_port(self._base_port))
        layout = self._layout = layout_of(self.workspace, ports.base)
        require_free({port: name for name, port in layout.published().items()}, ports.base)
        progress("building the images that are missing")
        build_missing(self._log)
        write_private(self.workspace.containers_file, {"owner": layout.owner, "net": layout.net})
        state = PlatformState(ports.base, bug, dict(settings), PlatformSecrets(), (), self.name)
        progress("starting the containers")
        self._compose(state, "up", "--detach", "--no-build", "--remove-orphans", *_left_out(state))
        secrets, merchants = read_secrets(layout.owner)
        self._settle(replace(state, secrets=secrets, merchants=merchants), progress)

    def _adjust(self, bug: str, settings: Mapping[str, str], progress: Progress) -> None:
        old = self._running.state
        state = replace(old, bug=bug, settings=dict(settings))
        self._mend(progress)
        if bug != old.bug:
            replace(state, bug=CHANGING).save(self.workspace.platform_file)
            progress(f"replacing the platform's containers with {f'the planted bug {bug}' if bug else 'no bug'}")
            self._compose(state, "stop", "--timeout", "1", *OWN)
            # A bug may have changed the schema.
            fresh = ("python3", "-m", "system.setup", "--fresh")
            self._compose(state, "run", "--rm", "--no-deps", "-T", "setup", *fresh)
        self._compose(state, "up", "--detach", "--no-build", "--remove-orphans", *_left_out(state))
        self._settle(state, progress)

    def _mend(self, progress: Progress) -> None:
        """Make links and database whole: all that is done to the other containers goes through these.

        Containers that were removed are for Compose to make again.
        """
        layout = self._laid_out
        if "toxiproxy" in self._fleet.records and not self._fleet.alive("toxiproxy"):
            start_container(start_undo(layout.owner, "toxiproxy", helper_urls(layout)["toxiproxy"]).arguments)
            self._fleet.forget()
        if self._fleet.alive("toxiproxy"):
            self._running.links.restore_all()
        if self._fleet.records.keys() >= set(database(durability.server_count(self._running.state.settings))):
            progress("waiting for the database to be whole")
            self._running.cluster.repair()

    def _settle(self, state: PlatformState, progress: Progress) -> None:
        self._fleet.forget()
        parts = self._parts = connect(self.workspace, self._laid_out, self._fleet, state)
        progress("waiting for the database to be whole")
        parts.cluster.repair()
        for name in parts.processes.matching("*"):
            parts.processes.start(name)
        parts.links.restore_all()
        durability.apply(parts.cluster, parts.database, state.settings, progress)
        write_merchants(self.workspace.merchants_file, state.merchants)
        state.save(self.workspace.platform_file)

    def _compose(self, state: PlatformState, *arguments: str) -> None:
        layout = self._laid_out
        compose(layout.project, layout.environment(state), self._log, *arguments)

    def _described(self, state: PlatformState) -> Layout:
        try:
            described = json.loads(self.workspace.containers_file.read_text())
            return Layout.of(described["owner"], Ports(state.base_port), described["net"])
        except (OSError, ValueError, KeyError) as error:
            raise HarnessError(
                f"{self.workspace.containers_file} is damaged: {error!r}", hint="`faultline down` removes it"
            ) from error

    @property
    def _laid_out(self) -> Layout:
        if self._layout is None:
            raise HarnessError("the platform has not been started")
        return self._layout

    @property
    def _log(self) -> Path:
        return self.workspace.logs / "compose.log"

    def _refuse_other_ports(self) -> None:
        running = self._running.state.base_port
        if self._base_port not in (None, running):
            raise UsageError(
                f"a platform is up in this workspace on base port {running}, not {self._base_port}",
                hint="`faultline down` first, or leave --base-port out",
            )
