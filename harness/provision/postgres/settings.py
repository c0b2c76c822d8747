"""How the cluster is set up: PostgreSQL's parameters, Patroni's timings, one configuration file for each node."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.core.database_controls import NODES
from harness.core.plain import Json, JsonObject
from harness.provision.ports import Ports
from harness.provision.postgres.binaries import Binaries

DATABASE = "payments"
APPLICATION_ROLE = "payments_app"
READER_ROLE = "faultline_reader"
SUPERUSER = "postgres"

PARAMETERS: Mapping[str, str | int] = {
    "max_connections": 200,
    "shared_buffers": "128MB",
    "log_checkpoints": "off",
    "wal_keep_size": "64MB",
    "jit": "off",
    # No socket files at all: their paths are limited to about 100 bytes, and everything here speaks TCP.
    "unix_socket_directories": "",
    # After its primary died a standby otherwise waits up to 5 s before it looks again.
    "wal_retrieve_retry_interval": "100ms",
}

TIMINGS: Mapping[str, int] = {
    # Patroni's smallest: it raises lower values with no more than a log line.
    "ttl": 20,
    "loop_wait": 1,
    "retry_timeout": 3,
    # Patroni's 1 MB is meant for asynchronous standbys. A synchronous one has all that was acknowledged, however much
    # else it lacks: while commits wait for it, and are cancelled, a megabyte is written in five seconds.
    "maximum_lag_on_failover": 64 * 2**20,
    # A primary that crashed is not started again: its standby takes over at once.
    "primary_start_timeout": 0,
}


@dataclass(frozen=True)
class Passwords:
    """The passwords of one cluster's roles. They are made with its first data folder and stay with it."""

    superuser: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    replication: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    application: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    reader: str = field(default_factory=lambda: secrets.token_urlsafe(18))

    @classmethod
    def load(cls, path: Path) -> "Passwords":
        """Read them from a snapshot's file."""
        return cls(**json.loads(path.read_text()))

    def as_json(self) -> str:
        """Return the text that `load` reads."""
        return json.dumps(asdict(self))


def parameters(binaries: Binaries, *, fsync: bool) -> dict[str, str | int]:
    """Return PostgreSQL's parameters for these programs."""
    chosen = dict(PARAMETERS) | {"fsync": "on" if fsync else "off"}
    if (binaries.folder.parent / "lib").is_dir() and list(
        (binaries.folder.parent / "lib").rglob("pg_stat_statements.*")
    ):
        chosen["shared_preload_libraries"] = "pg_stat_statements"
    return chosen


def servers(count: int) -> tuple[str, ...]:
    """Return the nodes that have a PostgreSQL server where there are `count` of them; the others only vote."""
    return NODES[:count]


def synchronous_mode(count: int, *, on: bool = True) -> dict[str, bool | str]:
    """Return how Patroni has commits confirmed by a standby, for a cluster of `count` servers.

    With three, any one standby of two confirms a commit, and with none left writes wait: no commit is acknowledged that
    is in one place only. With two that would stop all writes whenever one node is lost, so they go on with one copy.
    """
    if not on:
        return {"synchronous_mode": False, "synchronous_mode_strict": False}
    strict = count > 2
    return {"synchronous_mode": "quorum" if strict else True, "synchronous_mode_strict": strict}


def node_configuration(
    node: str, *, ports: Ports, folder: Path, binaries: Binaries, passwords: Passwords, fsync: bool, count: int = 3
) -> JsonObject:
    """Return Patroni's configuration of a node of a cluster with `count` servers."""
    rest = f"127.0.0.1:{ports.of(f'patroni-{node}')}"
    server = f"127.0.0.1:{ports.of(f'pg-{node}')}"
    tuned: dict[str, Json] = {**parameters(binaries, fsync=fsync)}
    shared: JsonObject = {"use_pg_rewind": True, "use_slots": True, "parameters": tuned}
    return {
        "scope": "faultline",
        "name": f"pg-{node}",
        "raft": raft_configuration(node, ports=ports, folder=folder),
        "restapi": {"listen": rest, "connect_address": rest},
        "bootstrap": {"dcs": {**TIMINGS, **synchronous_mode(count), "postgresql": shared}},
        "postgresql": {
            "listen": server,
            "connect_address": server,
            "data_dir": str(folder / f"data-{node}"),
            "bin_dir": str(binaries.folder),
            "pgpass": str(folder / f"pgpass-{node}"),
            "authentication": _authentication(passwords),
            # An old primary can be rewound only while it has the log since the last checkpoint that both nodes have.
            # Where it has not, it is copied anew, as an operator would do: otherwise it never follows again.
            "remove_data_directory_on_rewind_failure": True,
            # Otherwise the copy waits for a checkpoint that takes its time: almost a minute, and up to four.
            "basebackup": [{"checkpoint": "fast"}],
            "parameters": tuned,
            "pg_hba": [
                "host all all 127.0.0.1/32 scram-sha-256",
                "host replication replicator 127.0.0.1/32 scram-sha-256",
            ],
        },
        # Of equal candidates the first node wins, so that a fresh cluster looks the same every time.
        "tags": {"failover_priority": len(NODES) - NODES.index(node)},
    }


def raft_configuration(node: str, *, ports: Ports, folder: Path) -> JsonObject:
    """Return the raft member's own address, its partners and its folder."""
    addresses = {name: f"127.0.0.1:{ports.of(f'raft-{name}')}" for name in NODES}
    return {
        "data_dir": str(folder / f"raft-{node}"),
        "self_addr": addresses[node],
        "partner_addrs": [address for name, address in addresses.items() if name != node],
    }


def _authentication(passwords: Passwords) -> JsonObject:
    return {
        "superuser": {"username": SUPERUSER, "password": passwords.superuser},
        "replication": {"username": "replicator", "password": passwords.replication},
        # pg_rewind reads the other node's files; the superuser may.
        "rewind": {"username": SUPERUSER, "password": passwords.superuser},
    }
