"""Which port is whose on this machine, and the check that they are free before anything starts.

The topology says which listeners and links there are, and each one's offset from the base port.
"""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import UsageError
from topology import Topology, TopologyError, load
from topology.load import SYSTEM
from topology.ports import DEFAULT_BASE, SPAN

__all__ = ["CONTAINER_LINKS", "DEFAULT_BASE_PORT", "LINKS", "LINK_OFFSETS", "OFFSETS", "PUBLISHED", "SPAN", "TOPOLOGY"]
__all__ += ["Ports", "is_free", "require_free"]

DEFAULT_BASE_PORT = DEFAULT_BASE

_EPHEMERAL_FROM = 32768


def declared(system: Path = SYSTEM) -> Topology:
    """Return the topology of a folder.

    Where it is broken, nothing can be said or started: the program ends here with exit code 64, each problem in a line.
    """
    try:
        return load(system)
    except TopologyError as error:
        hint = "correct the service.toml that is named, or system/services.toml; docs/adding-a-service.md has the form"
        sys.stderr.write(f"error: the platform is declared wrongly: {error}\nhint: {hint}\n")
        raise SystemExit(UsageError.exit_code) from error


TOPOLOGY = declared()
"""The platform that this checkout has. A run that was made carries its own."""

LINK_OFFSETS: Mapping[tuple[str, str], int] = {(link.source, link.target): link.offset for link in TOPOLOGY.links}
"""Every link as (from, to) with its offset from the base port. All but the load generator's, the harness's own reads
and the admin listeners."""

_LISTENERS: Mapping[str, int] = {item.called: item.offset for item in TOPOLOGY.listeners()}
OFFSETS: Mapping[str, int] = {item.called: item.offset for item in TOPOLOGY.listeners() if item.only != "containers"}
"""The listeners of the platform as processes, by their offset from the base port."""
PUBLISHED: Mapping[str, int] = {
    item.called: item.offset for item in TOPOLOGY.listeners() if item.only != "processes" and item.published
}
"""The listeners of the platform as containers: with an entry and metrics of its own, and without raft."""

LINKS: tuple[tuple[str, str], ...] = tuple(
    (link.source, link.target) for link in TOPOLOGY.links if link.only != "containers"
)
"""The links of the platform as processes, whose database nodes vote by raft."""
CONTAINER_LINKS: tuple[tuple[str, str], ...] = tuple(
    (link.source, link.target) for link in TOPOLOGY.links if link.only != "processes"
)
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

    def links(self) -> Mapping[int, tuple[str, str]]:
        """Return every link as (from, to) by its port."""
        return {self.link(*pair): pair for pair in LINK_OFFSETS}

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
