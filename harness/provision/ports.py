"""Which port is whose, and the check that they are free before anything starts.

Every service has a block of ten ports by its number: up to three listeners first, then the links that lead from it.
Nothing ever moves: a new listener or link takes the next free place of its block, a new service the next block.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.database_controls import NODES
from harness.core.errors import UsageError

DEFAULT_BASE_PORT = 21000
BLOCK = 10
FIRST_LINK = 3
SPAN = 200
"""So many ports from its base on belong to a platform: twenty services. Twelve exist, so 120 ports are in use."""

_EPHEMERAL_FROM = 32768
_RAFT, _ETCD = "raft", "etcd"


@dataclass(frozen=True)
class Service:
    """One service: its listeners and its outgoing links as (from, to), each in the order of their ports."""

    listeners: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()


def _replica(name: str, *more: str) -> Service:
    called = ("stripe", "paypal", *(f"db-{node}" for node in NODES), *more)
    return Service((name,), tuple((name, destination) for destination in called))


def _gateway(name: str) -> Service:
    return Service((name, f"{name}-admin"), ((name, "api1"), (name, "api2")))


def _node(node: str) -> Service:
    others = [other for other in NODES if other != node]
    # In raft the member with the higher address connects to the lower ones, so that each pair has one link.
    dialled = [other for other in NODES if other < node] + [""] * (len(NODES) - 1 - NODES.index(node))
    links = (
        *((f"standby-{node}", f"db-{other}") for other in others),
        *((f"patroni-{node}", f"patroni-{other}") for other in others),
        *((f"raft-{node}", f"raft-{other}" if other else "") for other in dialled),
        (f"patroni-{node}", _ETCD),
    )
    return Service((f"pg-{node}", f"patroni-{node}", f"raft-{node}"), links)


SERVICES: tuple[Service, ...] = (
    Service(("toxiproxy",)),
    _replica("api1"),
    _replica("api2"),
    _replica("worker", "sink"),
    _gateway("stripe"),
    _gateway("paypal"),
    Service(("sink", "sink-admin")),
    *(_node(node) for node in NODES),
    Service(("haproxy",)),
    Service(("prometheus",)),
)
"""Every service; its place is its number."""

_LISTENERS: Mapping[str, int] = {
    name: number * BLOCK + place
    for number, service in enumerate(SERVICES)
    for place, name in enumerate(service.listeners)
}
LINK_OFFSETS: Mapping[tuple[str, str], int] = {
    pair: number * BLOCK + FIRST_LINK + place
    for number, service in enumerate(SERVICES)
    for place, pair in enumerate(service.links)
    if pair[1]
}
"""Every link as (from, to) with its offset from the base port. All but the load generator's, the harness's own reads
and the admin listeners.

`standby-b-to-db-a` carries the log of node a to node b while a is the primary and b follows it.
"""

_CONTAINERS_ONLY = ("haproxy", "prometheus")
OFFSETS: Mapping[str, int] = {name: offset for name, offset in _LISTENERS.items() if name not in _CONTAINERS_ONLY}
"""The listeners of the platform as processes, by their offset from the base port."""
PUBLISHED: Mapping[str, int] = {name: offset for name, offset in _LISTENERS.items() if not name.startswith(_RAFT)}
"""The listeners of the platform as containers: with an entry and metrics of its own, and without raft."""

LINKS: tuple[tuple[str, str], ...] = tuple(pair for pair in LINK_OFFSETS if pair[1] != _ETCD)
"""The links of the platform as processes, whose database nodes vote by raft."""
CONTAINER_LINKS: tuple[tuple[str, str], ...] = tuple(pair for pair in LINK_OFFSETS if not pair[0].startswith(_RAFT))
"""The links of the platform as containers, whose database nodes vote in etcd."""


@dataclass(frozen=True)
class Ports:
    """The ports of one embedded platform, all derived from one base."""

    base: int = DEFAULT_BASE_PORT

    def __post_init__(self) -> None:
        highest = self.base + SPAN - 1
        if self.base < 1024 or highest >= _EPHEMERAL_FROM:
            raise UsageError(
                f"base port {self.base}: {self.base} to {highest} must lie between 1024 and {_EPHEMERAL_FROM}",
                hint="higher ports are handed out by the kernel at random and collide; 21000 is the default",
            )

    def of(self, name: str) -> int:
        """Return the port of a listener such as `api1` or `stripe-admin`."""
        return self.base + _LISTENERS[name]

    def link(self, source: str, destination: str) -> int:
        """Return the port on which the link's proxy listens."""
        return self.base + LINK_OFFSETS[source, destination]

    def all(self) -> Mapping[int, str]:
        """Return every port of the platform with what it is for."""
        listeners = {self.of(name): name for name in OFFSETS}
        return listeners | {self.link(*pair): "link " + "-to-".join(pair) for pair in LINKS}

    def require_free(self) -> None:
        """Raise `UsageError` naming every port in use, and by whom where that can be seen."""
        require_free(self.all(), self.base)


def require_free(purposes: Mapping[int, str], base: int) -> None:
    """Raise `UsageError` naming each of these ports that is in use, what for, and by whom where that is seen."""
    taken = [port for port in purposes if not is_free(port)]
    if not taken:
        return
    lines = [f"port {port} ({purposes[port]}) is in use{_by_whom(port)}" for port in taken[:5]]
    more = f"; and {len(taken) - 5} more" if len(taken) > 5 else ""
    raise UsageError(
        "; ".join(lines) + more, hint=f"stop that process, or choose other ports with --base-port (now {base})"
    )


def is_free(port: int) -> bool:
    """Tell whether this process could listen on `port` of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _by_whom(port: int) -> str:
    import psutil

    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return ""
    for connection in connections:
        local = connection.laddr
        if local and local.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
            try:
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
            except psutil.Error:
                return f" by process {connection.pid}"
    return ""
