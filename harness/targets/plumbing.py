"""The parts of one running platform, wired together from its state: shared by start, reading and stopping."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from harness.core.container_controls import Containers
from harness.core.database_controls import Database
from harness.core.plain import JsonObject
from harness.core.pressure_controls import Pressure
from harness.core.process_controls import Processes
from harness.links.client import ToxiproxyClient
from harness.links.toxiproxy import ToxiproxyLinks
from harness.provision.ports import Ports
from harness.provision.postgres.cluster import PostgresCluster
from harness.provision.postgres.view import Member
from harness.provision.processes.supervisor import Supervisor
from harness.provision.toxiproxy.server import ToxiproxyServer
from harness.targets.database import DatabaseReader
from harness.targets.database_controls import ClusterControls
from harness.targets.durability import server_count, synchronous, wal_mb
from harness.targets.gateways import PlatformSurface, SimulatorControls
from harness.targets.in_use import absent
from harness.targets.launch import Launcher
from harness.targets.pressure import PressureControls
from harness.targets.processes import ProcessControls
from harness.targets.state import PlatformState
from harness.targets.topology import PLATFORM, REPLICAS, SINK, admin_urls, fault_urls, link_specs
from harness.workspace import Workspace


class Cluster(Protocol):
    """The database cluster as a running platform needs it."""

    @property
    def whole(self) -> str:
        """What a whole cluster has, in words."""

    def is_whole(self) -> bool:
        """Tell whether there is a leader and all its standbys stream and may confirm its commits."""

    def members(self) -> tuple[Member, ...]:
        """Return the members as Patroni lists them (empty when no node answers)."""

    def roles(self) -> Mapping[str, str]:
        """Return each node's role and state in words, by the node's name."""

    def change(self, configuration: JsonObject) -> None:
        """Change Patroni's shared configuration. `ControlError` when no node takes it."""

    def repair(self) -> None:
        """Bring back a primary with all its standbys, whatever was done to them; `ProvisionError` otherwise."""


class Started(Protocol):
    """What was started and should run: a supervisor's processes, or containers."""

    @property
    def records(self) -> Mapping[str, object]:
        """What was started and not stopped since, by name."""

    def alive(self, name: str) -> bool:
        """Tell whether it exists (something frozen does)."""


@dataclass(frozen=True)
class Plumbing:
    """Everything that a running platform is reached through, on any target. Making it starts nothing."""

    state: PlatformState
    ports: Ports
    cluster: Cluster
    links: ToxiproxyLinks
    simulators: SimulatorControls
    database: DatabaseReader
    processes: Processes
    nodes: Database
    pressure: Pressure
    containers: Containers | None = field(default=None, kw_only=True)

    @property
    def surface(self) -> PlatformSurface:
        """Everything that can be broken."""
        return PlatformSurface(self.links, self.simulators, self.processes, self.nodes, self.pressure, self.containers)

    @property
    def api_urls(self) -> dict[str, str]:
        """Each API replica's own address."""
        return {name: f"http://127.0.0.1:{self.ports.of(name)}" for name in REPLICAS}

    @property
    def platform_urls(self) -> dict[str, str]:
        """The addresses of both replicas and the worker."""
        return {name: f"http://127.0.0.1:{self.ports.of(name)}" for name in PLATFORM}

    @property
    def admin_urls(self) -> dict[str, str]:
        """The simulators' admin addresses."""
        return admin_urls(self.ports, absent(self.state.settings))

    @property
    def sink_admin(self) -> str:
        """The sink's admin address."""
        return fault_urls(self.ports, ())[SINK]

    @property
    def operator(self) -> dict[str, str]:
        """The header that makes a request the operator's."""
        return {"Authorization": f"Bearer {self.state.secrets.operator_token}"}


@dataclass(frozen=True)
class EmbeddedPlumbing(Plumbing):
    """The embedded platform's parts, which its own starting needs by their whole types."""

    cluster: PostgresCluster
    proxy: ToxiproxyServer


def connect(workspace: Workspace, supervisor: Supervisor, state: PlatformState) -> EmbeddedPlumbing:
    """Wire the embedded platform's parts together."""
    ports, secret = Ports(state.base_port), state.secrets
    cluster = PostgresCluster(
        workspace,
        ports,
        supervisor,
        linked=True,
        synchronous=synchronous(state.settings),
        wal_mb=wal_mb(state.settings),
        count=server_count(state.settings),
    )
    proxy = ToxiproxyServer(ports, supervisor)
    links = ToxiproxyLinks(ToxiproxyClient("127.0.0.1", proxy.port), link_specs(ports), respawn=proxy.respawn)
    passwords = {"reader": secret.database_reader, "superuser": secret.database_superuser}
    nodes = ClusterControls(ports, supervisor, links, count=server_count(state.settings), **passwords)
    return EmbeddedPlumbing(
        state=state,
        ports=ports,
        cluster=cluster,
        proxy=proxy,
        links=links,
        simulators=SimulatorControls(fault_urls(ports, absent(state.settings))),
        database=DatabaseReader(nodes.primary_port, secret.database_reader),
        processes=ProcessControls(Launcher(workspace, ports, supervisor, state), supervisor, state),
        nodes=nodes,
        pressure=PressureControls(ports, supervisor, nodes, **passwords),
    )
