"""Which port is whose, and the check that they are free before anything starts."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.errors import UsageError

DEFAULT_BASE_PORT = 21000

_LISTENERS = (
    *("toxiproxy", "api1", "api2", "worker"),
    *("stripe", "stripe-admin", "paypal", "paypal-admin", "sink", "sink-admin"),
    *("pg-a", "pg-b", "patroni-a", "patroni-b", "raft-a", "raft-b", "raft-c"),
)
OFFSETS: Mapping[str, int] = {name: offset for offset, name in enumerate(_LISTENERS)}
FIRST_LINK_OFFSET = 20

LINKS: tuple[tuple[str, str], ...] = (
    *((caller, gateway) for gateway in ("stripe", "paypal") for caller in ("api1", "api2", "worker")),
    *((caller, node) for node in ("db-a", "db-b") for caller in ("api1", "api2", "worker")),
    *((gateway, replica) for gateway in ("stripe", "paypal") for replica in ("api1", "api2")),
    ("worker", "sink"),
    ("standby", "db-a"),
    ("standby", "db-b"),
    ("patroni-b", "patroni-a"),
    ("patroni-a", "patroni-b"),
    ("raft-b", "raft-a"),
    ("raft-c", "raft-a"),
    ("raft-c", "raft-b"),
)
"""Every link as (from, to). All but the load generator's, the harness's own reads and the admin listeners.

`standby-to-db-a` carries the WAL of node a when it is the primary. In raft the member with the higher address connects
to the lower ones, so that each pair has one link.
"""

_EPHEMERAL_FROM = 32768


@dataclass(frozen=True)
class Ports:
    """The ports of one embedded platform, all derived from one base."""

    base: int = DEFAULT_BASE_PORT

    def __post_init__(self) -> None:
        highest = self.base + FIRST_LINK_OFFSET + len(LINKS)
        if self.base < 1024 or highest >= _EPHEMERAL_FROM:
            raise UsageError(
                f"base port {self.base}: {self.base} to {highest} must lie between 1024 and {_EPHEMERAL_FROM}",
                hint="higher ports are handed out by the kernel at random and collide; 21000 is the default",
            )

    def of(self, name: str) -> int:
        """Return the port of a listener such as `api1` or `stripe-admin`."""
        return self.base + OFFSETS[name]

    def link(self, source: str, destination: str) -> int:
        """Return the port on which the link's proxy listens."""
        return self.base + FIRST_LINK_OFFSET + LINKS.index((source, destination))

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
