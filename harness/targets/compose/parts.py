"""The parts of one composed platform, wired together from its state, and the repair of its database."""

import time

from harness.core.errors import ProvisionError
from harness.guard.container_healers import reconnect_container, resume_container, run_on
from harness.links.client import ToxiproxyClient
from harness.links.toxiproxy import ToxiproxyLinks
from harness.provision.containers.engine import controlled
from harness.provision.containers.owned import container
from harness.provision.http import answers
from harness.provision.ports import TOPOLOGY, Ports
from harness.provision.postgres.settings import servers
from harness.provision.postgres.view import ClusterView
from harness.provision.processes.supervisor import Supervisor
from harness.targets.compose.controls import ContainerControls
from harness.targets.compose.fleet import Fleet
from harness.targets.compose.layout import Layout
from harness.targets.compose.nodes import ContainerNodes
from harness.targets.compose.pressure import ContainerPressure
from harness.targets.compose.processes import ContainerProcesses
from harness.targets.database import DatabaseReader
from harness.targets.durability import server_count, synchronous
from harness.targets.gateways import SimulatorControls
from harness.targets.in_use import absent
from harness.targets.plumbing import Plumbing
from harness.targets.state import PlatformState
from harness.targets.topology import PROCESSES, fault_urls, health_url
from harness.workspace import Workspace


def database(count: int) -> tuple[str, ...]:
    """Return the services that a database with `count` servers is made of."""
    return ("etcd", *(f"pg-{node}" for node in servers(count)))


_WHOLE_DEADLINE_S = 90.0
_PROXY_DEADLINE_S = 15.0


class ContainerCluster(ClusterView):
    """Containers with Patroni, and etcd."""

    def __init__(self, layout: Layout, *, synchronous: bool, count: int) -> None:
        super().__init__(layout.ports, synchronous=synchronous, count=count)
        self._layout = layout
        self._services = database(count)

    def wait(self) -> None:
        """Wait until the cluster is whole (`ProvisionError` after 90 s)."""
        until = time.monotonic() + _WHOLE_DEADLINE_S
        while not self.is_whole():
            if time.monotonic() > until:
                raise ProvisionError(
                    f"PostgreSQL had not {self.whole} after {_WHOLE_DEADLINE_S:.0f} s: {self.roles() or 'no answer'}"
                )
            time.sleep(0.2)

    def repair(self) -> None:
        """Start, resume and reconnect whatever of the database was broken, and wait for its own recovery."""
        if self.is_whole():
            return
        layout = self._layout
        for service in self._services:
            ours = {"owner": layout.owner, "service": service}
            resume_container({**ours, "thaw": "" if service == "etcd" else "server"})
            with controlled(f"starting {service}"):
                run_on(container(layout.owner, service))
            reconnect_container({**ours, "network": layout.network, "address": layout.address(service)})
        self.wait()


def connect(workspace: Workspace, layout: Layout, fleet: Fleet, state: PlatformState) -> Plumbing:
    """Wire the parts together."""
    secret, ports = state.secrets, layout.ports
    client = ToxiproxyClient("127.0.0.1", ports.of("toxiproxy"))
    links = ToxiproxyLinks(client, layout.links(), respawn=lambda: _respawn_proxy(layout))
    count = server_count(state.settings)
    cluster = ContainerCluster(layout, synchronous=synchronous(state.settings), count=count)
    rests = {f"pg-{node}": f"http://127.0.0.1:{ports.of(f'patroni-{node}')}/liveness" for node in servers(count)}
    urls = process_urls(ports, state)
    passwords = {"reader": secret.database_reader, "superuser": secret.database_superuser}
    controls = ContainerControls(layout, urls | rests | helper_urls(layout))
    processes = ContainerProcesses(fleet, rests, workspace, state)
    nodes = ContainerNodes(layout, processes, controls, links, count=count, **passwords)
    return Plumbing(
        state=state,
        ports=ports,
        cluster=cluster,
        links=links,
        simulators=SimulatorControls(fault_urls(ports, absent(state.settings))),
        database=DatabaseReader(nodes.primary_port, secret.database_reader),
        processes=ContainerProcesses(fleet, urls, workspace, state),
        nodes=nodes,
        containers=controls,
        pressure=ContainerPressure(layout, Supervisor(workspace), nodes, **passwords),
    )


def process_urls(ports: Ports, state: PlatformState) -> dict[str, str]:
    """Return where each of the platform's processes that are there says how it is."""
    return {name: health_url(name, ports) for name in PROCESSES if name not in absent(state.settings)}


def helper_urls(layout: Layout) -> dict[str, str]:
    """Return where those answer that carry traffic or watch it. HAProxy passes the question on to a replica."""
    return {
        service.name: health_url(service.name, layout.ports)
        for service in TOPOLOGY.of_kind("foundation")
        if service.group != "database" and service.health and service.listener(service.health.listener).published
    }


def _respawn_proxy(layout: Layout) -> None:
    """Kill Toxiproxy, however it is doing, and start it again; it reads its links from its own file."""
    with controlled("restarting toxiproxy"):
        container(layout.owner, "toxiproxy").restart(timeout=0)
    url, until = helper_urls(layout)["toxiproxy"], time.monotonic() + _PROXY_DEADLINE_S
    while not answers(url):
        if time.monotonic() > until:
            raise ProvisionError("toxiproxy did not answer after its restart")
        time.sleep(0.1)
