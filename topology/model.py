"""The topology: every service with its place, and every link between two of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property

from topology.declared import Container, Health, Kind, Metrics, Only, Reset, ServiceFile


class TopologyError(Exception):
    """What is declared does not fit together. The message has every problem, one in a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Listener:
    """One listener of one replica: its name over all services, and its offset from the platform's base port."""

    name: str
    called: str
    alias: str
    port: int
    offset: int
    setting: str
    only: Only
    published: bool


@dataclass(frozen=True)
class Service:
    """One service, or one of several replicas: a line of `services.toml` with what its folder declares.

    `group` is the last name of its folder, which all replicas share.
    """

    name: str
    number: int
    folder: str
    listeners: tuple[Listener, ...]
    declared: ServiceFile

    @property
    def group(self) -> str:
        """The last name of its folder."""
        return self.folder.rpartition("/")[2]

    @property
    def component(self) -> str:
        """What it is a part of, as Kubernetes' labels have it."""
        return self.declared.component or self.group

    @property
    def suffix(self) -> str:
        """What tells it from the other replicas: `a` of `pg-a`."""
        return self.name.rpartition("-")[2]

    @property
    def kind(self) -> Kind:
        """What kind of part it is."""
        return self.declared.kind

    @property
    def health(self) -> Health | None:
        """Where it says how it is."""
        return self.declared.health

    @property
    def metrics(self) -> Metrics | None:
        """Where it is scraped."""
        return self.declared.metrics

    @property
    def reset(self) -> Reset | None:
        """Where it is emptied."""
        return self.declared.reset

    @property
    def container(self) -> Container:
        """What it is as a container."""
        return self.declared.container

    @property
    def address(self) -> int:
        """The last byte of its address on Compose's network."""
        return self.container.addresses.get(self.name, 100 + self.number)

    def listener(self, name: str) -> Listener:
        """Return its listener of that name. `KeyError` where there is none."""
        return {item.name: item for item in self.listeners}[name]


@dataclass(frozen=True)
class Link:
    """A way from one service to another's listener, which can be cut.

    `source` and `target` are what it is named after; `caller` and `callee` are the services, `listener` the callee's. A
    `peer` link leads from one replica to another in a way of their own: nobody is told of it as a caller is.
    """

    source: str
    target: str
    caller: str
    callee: str
    listener: str
    offset: int
    only: Only
    peer: bool = False

    @property
    def name(self) -> str:
        """The link's name: `api1-to-stripe`."""
        return f"{self.source}-to-{self.target}"


Reach = Callable[[Link], tuple[str, int]]
"""Host and port on which a link is reached by its caller."""


@dataclass(frozen=True)
class Topology:
    """Every service in the order of their numbers, every link in the order of their ports."""

    services: tuple[Service, ...]
    links: tuple[Link, ...]

    @cached_property
    def _by_name(self) -> dict[str, Service]:
        return {service.name: service for service in self.services}

    def service(self, name: str) -> Service:
        """Return a service by its name. `KeyError` where there is none."""
        return self._by_name[name]

    def of_kind(self, *kinds: Kind) -> tuple[Service, ...]:
        """Return the services of these kinds, in the order of the kinds and then of their numbers."""
        return tuple(service for kind in kinds for service in self.services if service.kind == kind)

    def of_group(self, group: str) -> tuple[Service, ...]:
        """Return a folder's replicas."""
        return tuple(service for service in self.services if service.group == group)

    def listeners(self) -> Iterator[Listener]:
        """Yield every listener of every service."""
        for service in self.services:
            yield from service.listeners

    def why_quiet(self, link: Link) -> str:
        """Return why a link may carry nothing although all is well; '' where a platform that is used always uses it."""
        declared = (service.declared.quiet for service in self.services)
        return next((why for quiet in declared for name, why in quiet.items() if fnmatch(link.name, name)), "")

    def links_from(self, caller: str) -> tuple[Link, ...]:
        """Return the links that lead from a service."""
        return tuple(link for link in self.links if link.caller == caller)
