"""How durable the cluster's commits are: set through Patroni, and read back from the servers."""

import time
from collections.abc import Mapping
from typing import Protocol

from harness.core.errors import ControlError, ProvisionError
from harness.core.plain import JsonObject
from harness.core.target import Progress
from harness.objectives.single_copy import ALONE, NODES, ONE_COPY, WAITS
from harness.provision.postgres.settings import synchronous_mode
from harness.targets.database import DatabaseReader

COMMIT, MODE = "PAY_DATABASE_SYNCHRONOUS_COMMIT", "PAY_DATABASE_SYNCHRONOUS_MODE"
DURABILITY: Mapping[str, str] = {COMMIT: "on", MODE: "on"}
"""Settings that the running servers take up, with what is in force unless asked for."""

WAL_MB = "PAY_DATABASE_WAL_MB"
SERVERS = "PAY_DATABASE_NODES"
FOUNDATION: Mapping[str, str] = {WAL_MB: "0", SERVERS: "3"}
"""Settings for which the cluster must be started afresh: MiB of each node's own disk for its log (0: the host's), and
how many nodes have a server."""

_DEADLINE_S = 20.0
_POLL_S = 0.1


class Configurable(Protocol):
    """A cluster whose shared configuration can be changed."""

    def change(self, configuration: JsonObject) -> None:
        """Change Patroni's shared configuration. `ControlError` when no node takes it."""


def synchronous(settings: Mapping[str, str]) -> bool:
    """Tell whether commits wait for a standby under these settings."""
    return settings.get(MODE, DURABILITY[MODE]) == "on"


def wal_mb(settings: Mapping[str, str]) -> int:
    """Return the MiB of each node's own disk for its log, 0 where it lies on the host's."""
    return int(settings.get(WAL_MB, FOUNDATION[WAL_MB]))


def server_count(settings: Mapping[str, str]) -> int:
    """Return how many of the database's nodes have a server: 3, or 2 in the profile for small machines."""
    return int(settings.get(SERVERS, FOUNDATION[SERVERS]))


def without_a_standby(settings: Mapping[str, str]) -> dict[str, str]:
    """Return how many database nodes there are, and what becomes of commits once no standby is left, as facts."""
    count = server_count(settings)
    return {NODES: str(count), ALONE: WAITS if count > 2 and synchronous(settings) else ONE_COPY}


def apply(cluster: Configurable, database: DatabaseReader, settings: Mapping[str, str], progress: Progress) -> None:
    """Make the servers as durable as the settings say. `ProvisionError` where they do not read back so in 20 s."""
    wanted = {name: settings.get(name, value) for name, value in DURABILITY.items()}
    if _differs(database, wanted):
        progress(f"setting synchronous_commit to {wanted[COMMIT]}, synchronous mode {wanted[MODE]}")
        cluster.change(
            {
                **synchronous_mode(server_count(settings), on=wanted[MODE] == "on"),
                "postgresql": {"parameters": {"synchronous_commit": wanted[COMMIT]}},
            }
        )
    until = time.monotonic() + _DEADLINE_S
    while reason := _differs(database, wanted):
        if time.monotonic() > until:
            raise ProvisionError(f"PostgreSQL did not take the durability settings: {reason}")
        time.sleep(_POLL_S)


def _differs(database: DatabaseReader, wanted: Mapping[str, str]) -> str:
    try:
        found = database.durability()
    except ControlError as error:
        return str(error)
    if found["synchronous_commit"] != wanted[COMMIT]:
        return f"synchronous_commit is {found['synchronous_commit']}"
    if bool(found["synchronous_standby_names"]) != (wanted[MODE] == "on"):
        return f"synchronous_standby_names is {found['synchronous_standby_names']!r}"
    return ""
