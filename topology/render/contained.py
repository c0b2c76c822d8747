"""What the containers and the pods have in common: names, files, environment and needs of each service there."""

from dataclasses import dataclass
from functools import cached_property

from topology.model import Link, Service, Topology
from topology.ports import LINKS_FROM
from topology.told import addresses, role, secrets

VERSION = "0.1.0"
SECRETS_PATH = "/run/faultline"
_FOLDERS = {"merchants": SECRETS_PATH, "journal": "/var/lib/gateway", "crashes": "/var/lib/crashes"}


def reach(link: Link) -> tuple[str, int]:
    """Return where a link listens among containers."""
    return "toxiproxy.platform", LINKS_FROM + link.offset


def node_settings(topology: Topology, node: Service) -> dict[str, str]:
    """Return what a database node is told: the link to each address of the others, and the one to etcd."""
    ports = {item.called: item.port for item in topology.listeners()}
    there = [link for link in topology.links_from(node.name) if link.only != "processes"]
    pairs = sorted(
        (f"{link.callee}.platform:{ports[link.listener]}", ":".join(map(str, reach(link))))
        for link in there
        if topology.service(link.callee).group == node.group
    )
    (voter,) = (reach(link) for link in there if topology.service(link.callee).group == "etcd")
    return {
        "LINKS": ",".join(f"{address}={link}" for address, link in pairs),
        "ETCD_ADDRESS": ":".join(map(str, voter)),
    }


@dataclass(frozen=True)
class Contained:
    """One process of a module, as Compose and Kubernetes have it."""

    topology: Topology
    service: Service

    @property
    def name(self) -> str:
        """Its name."""
        return self.service.name

    @property
    def image(self) -> str:
        """Its image with the version."""
        return f"faultline-{self.service.container.image}:{VERSION}"

    @property
    def command(self) -> tuple[str, ...]:
        """What it runs where its image is shared with others; the image's own command otherwise."""
        own = self.service.container.image == self.service.group
        return () if own else ("python3", "-m", self.service.declared.module)

    @cached_property
    def files(self) -> dict[str, str]:
        """Its files by their kind: the path of each in the container."""
        leaves = {"merchants": "merchants.json", "journal": "journal", "crashes": f"{self.name}.jsonl"}
        return {kind: f"{_FOLDERS[kind]}/{leaves[kind]}" for kind in leaves if kind in self.kinds}

    @property
    def kinds(self) -> set[str]:
        """The kinds of files that it has."""
        return set(self.service.declared.files.values())

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Where those are that it calls, by variable."""
        return addresses(self.topology, self.service, reach)

    @property
    def ports(self) -> dict[str, str]:
        """Its own ports, by variable."""
        return {item.setting: str(item.port) for item in self.service.listeners if item.setting}

    @property
    def file_settings(self) -> dict[str, str]:
        """Its files, by variable."""
        return {setting: self.files[kind] for setting, kind in self.service.declared.files.items()}

    @property
    def role(self) -> str:
        """Whose secrets it has."""
        return role(self.service)

    @property
    def has_secrets(self) -> bool:
        """Whether it has secrets of its own or of whom it calls."""
        return bool(secrets(self.topology, self.service))

    @property
    def health_port(self) -> int:
        """The port on which it says how it is."""
        return self.service.listener(self.health_listener).port

    @property
    def health_listener(self) -> str:
        """The listener on which it says how it is."""
        return self.service.health.listener if self.service.health else ""

    @property
    def live(self) -> str:
        """The path that tells of this process alone."""
        health = self.service.health
        return (health.live or health.path) if health else ""

    @property
    def replicas(self) -> int:
        """How many of its kind there are."""
        return len(self.topology.of_group(self.service.group))

    @property
    def about(self) -> list[str]:
        """What its folder says about it, for the first replica."""
        first = self.topology.of_group(self.service.group)[0] is self.service
        return self.service.declared.about.strip().splitlines() if first else []

    @property
    def needs(self) -> dict[str, str]:
        """The services that must have come so far before it starts, for Compose."""
        called = [self.topology.service(link.callee) for link in self.topology.links_from(self.name)]
        found: dict[str, str] = {}
        if any(other.group == "database" for other in called):
            found["setup"] = "service_completed_successfully"
        elif self.has_secrets or self.files:
            found["secrets"] = "service_completed_successfully"
        if self.service.kind == "platform":
            gateways = [other for other in called if other.kind == "gateway" and not other.declared.optional]
            found |= {other.name: "service_healthy" for other in gateways}
        return found


def contained(topology: Topology) -> tuple[Contained, ...]:
    """Return every service that is a process of a module: the outside world first, then the platform's own."""
    kinds = topology.of_kind("gateway", "merchant", "platform", "service")
    return tuple(Contained(topology, service) for service in kinds)
