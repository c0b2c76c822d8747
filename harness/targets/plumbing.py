"""The parts of one embedded platform, wired together from its state: shared by start, reading and stopping."""

from dataclasses import dataclass

from harness.links.client import ToxiproxyClient
from harness.links.toxiproxy import ToxiproxyLinks
from harness.provision.ports import Ports
from harness.provision.postgres.cluster import PostgresCluster
from harness.provision.processes.supervisor import Supervisor
from harness.provision.toxiproxy.server import ToxiproxyServer
from harness.targets.database import DatabaseReader
from harness.targets.database_controls import ClusterControls
from harness.targets.durability import synchronous, wal_mb
from harness.targets.environment import GATEWAYS, PLATFORM, REPLICAS
from harness.targets.gateways import PlatformSurface, SimulatorControls
from harness.targets.launch import Launcher
from harness.targets.pressure import PressureControls
from harness.targets.processes import ProcessControls
from harness.targets.state import PlatformState
from harness.targets.topology import link_specs
from harness.workspace import Workspace


@dataclass(frozen=True)
class Plumbing:
    """Everything that a running platform is reached through. Making it starts nothing."""

    state: PlatformState
    ports: Ports
    cluster: PostgresCluster
    proxy: ToxiproxyServer
    links: ToxiproxyLinks
    simulators: SimulatorControls
    database: DatabaseReader
    processes: ProcessControls
    nodes: ClusterControls
    pressure: PressureControls

    @property
    def surface(self) -> PlatformSurface:
        """Everything that can be broken."""
        return PlatformSurface(self.links, self.simulators, self.processes, self.nodes, self.pressure)

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
        return {name: f"http://127.0.0.1:{self.ports.of(f'{name}-admin')}" for name in GATEWAYS}

    @property
    def sink_admin(self) -> str:
        """The sink's admin address."""
        return f"http://127.0.0.1:{self.ports.of('sink-admin')}"

    @property
    def operator(self) -> dict[str, str]:
        """The header that makes a request the operator's."""
        return {"Authorization": f"Bearer {self.state.secrets.operator_token}"}


def connect(workspace: Workspace, supervisor: Supervisor, state: PlatformState) -> Plumbing:
    """Wire the parts together."""
    ports = Ports(state.base_port)
    cluster = PostgresCluster(
        workspace,
        ports,
        supervisor,
        linked=True,
        synchronous=synchronous(state.settings),
        wal_mb=wal_mb(state.settings),
    )
    proxy = ToxiproxyServer(ports, supervisor)
    links = ToxiproxyLinks(ToxiproxyClient("127.0.0.1", proxy.port), link_specs(ports), respawn=proxy.respawn)
    admin_urls = {name: f"http://127.0.0.1:{ports.of(f'{name}-admin')}" for name in GATEWAYS}
    processes = ProcessControls(Launcher(workspace, ports, supervisor, state), supervisor, state)
    secret = state.secrets
    nodes = ClusterControls(
        ports, supervisor, links, reader=secret.database_reader, superuser=secret.database_superuser
    )
    database = DatabaseReader(nodes.primary_port, secret.database_reader)
    pressure = PressureControls(
        ports, supervisor, nodes, reader=secret.database_reader, superuser=secret.database_superuser
    )
    simulators = SimulatorControls(admin_urls)
    return Plumbing(state, ports, cluster, proxy, links, simulators, database, processes, nodes, pressure)
