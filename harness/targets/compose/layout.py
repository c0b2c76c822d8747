"""Where everything of a composed platform is: published ports, the platform's network, its links."""

import hashlib
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.core.errors import ProvisionError
from harness.links.toxiproxy import LinkSpec
from harness.provision.containers.engine import controlled, engine
from harness.provision.containers.owned import OWNER, owner_of
from harness.provision.ports import PUBLISHED, TOPOLOGY, Ports
from harness.targets.durability import server_count, wal_mb
from harness.targets.environment import SHARED, SIMULATOR_TIMINGS, TIMINGS, effective
from harness.targets.state import PlatformState
from harness.workspace import Workspace
from topology.ports import LINKS_FROM

ADDRESSES: Mapping[str, int] = {service.name: service.address for service in TOPOLOGY.services}
"""Each service's address on the platform's network: the last byte."""

PORTS: Mapping[str, int] = {item.called: item.port for item in TOPOLOGY.listeners()}
"""Each listener's port in its container."""

_CANDIDATES = 200


@dataclass(frozen=True)
class Layout:
    """One composed platform: whose it is, its ports, and the first three bytes of its network's addresses."""

    owner: str
    project: str
    ports: Ports
    net: str

    @classmethod
    def of(cls, owner: str, ports: Ports, net: str) -> "Layout":
        """Return an owner's layout; Compose's project is named after the owner."""
        return cls(owner, f"faultline-{owner.rpartition('-')[2]}", ports, net)

    @property
    def network(self) -> str:
        """The name of the platform's network on the engine."""
        return f"{self.project}_platform"

    def address(self, service: str) -> str:
        """Return a service's address on the platform's network."""
        return f"{self.net}.{ADDRESSES[service]}"

    def published(self) -> Mapping[str, int]:
        """Return every published port by its listener's name."""
        return {name: self.ports.of(name) for name in PUBLISHED}

    def environment(self, state: PlatformState) -> dict[str, str]:
        """Return what docker-compose.yml takes from the environment."""
        ports = {
            f"FAULTLINE_PORT_{name.upper().replace('-', '_')}": str(port) for name, port in self.published().items()
        }
        settings = effective({**TIMINGS, **SIMULATOR_TIMINGS, **SHARED}, state.settings)
        own = {"FAULTLINE_OWNER": self.owner, "FAULTLINE_NET": self.net, "FAULTLINE_CONTROLS": "1"}
        database = {"FAULTLINE_DATABASE_NODES": str(server_count(state.settings))}
        disks = {"FAULTLINE_WAL_MB": str(size_mb)} if (size_mb := wal_mb(state.settings)) else {}
        return {**own, **database, **disks, **ports, **settings, "PAY_BUG": state.bug}

    def links(self) -> tuple[LinkSpec, ...]:
        """Return every link as Toxiproxy's own file has it."""
        proxy = self.address("toxiproxy")
        return tuple(
            LinkSpec(
                link.name,
                f"{proxy}:{LINKS_FROM + link.offset}",
                f"{link.callee}.platform:{PORTS[link.listener]}",
            )
            for link in TOPOLOGY.links
            if link.only != "processes"
        )


def layout_of(workspace: Workspace, base_port: int) -> Layout:
    """Return the layout of a workspace, on the first free network from one that its name chooses.

    A network of its own counts as free. Raises `ControlError` where the engine does not list its networks.
    """
    owner = owner_of(workspace)
    with controlled("listing the networks"):
        rows = engine().api.networks()
    taken = [subnet for row in rows for subnet in _subnets(row) if (row.get("Labels") or {}).get(OWNER) != owner]
    return Layout.of(owner, Ports(base_port), _free_net(owner, taken))


def _subnets(network: Mapping[str, object]) -> Iterable[ipaddress.IPv4Network]:
    ipam = network.get("IPAM")
    for config in (ipam.get("Config") if isinstance(ipam, dict) else None) or []:
        if "." in (subnet := str(config.get("Subnet", ""))):
            yield ipaddress.IPv4Network(subnet, strict=False)


def _free_net(owner: str, taken: list[ipaddress.IPv4Network]) -> str:
    """Return the first three bytes of a network that nobody has.

    From the block for benchmarks (RFC 2544), which no engine gives away by itself: in a row of its own pools it would
    sooner or later give the very network to `control` that is meant for `platform`.
    """
    first = int(hashlib.sha256(owner.encode()).hexdigest(), 16)
    for number in range(_CANDIDATES):
        net = f"198.18.{(first + number) % 250}"
        if not any(ipaddress.IPv4Network(f"{net}.0/24").overlaps(other) for other in taken):
            return net
    raise ProvisionError("no network of 198.18.0.0/16 is free", hint="`docker network prune` removes unused ones")
