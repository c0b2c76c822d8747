"""The primary's PostgreSQL dies at once, as by the kernel's out-of-memory killer; Patroni lives and sees it."""

from faults._cluster import PrimaryFault, promotions
from harness.core.database_controls import Database
from harness.core.fault import Undo


def postgres_killed() -> PrimaryFault:
    """Return a SIGKILL of the primary's whole server. It hit when the other node was promoted."""
    return PrimaryFault("postgres_killed", act=_kill, mend=_revive, proof=promotions)


def _kill(database: Database, node: str) -> int:
    return database.kill_server(node)


def _revive(database: Database, node: str) -> Undo:
    return database.undo_kill(node)
