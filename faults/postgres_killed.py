"""The primary's PostgreSQL dies at once, as by the kernel's out-of-memory killer; Patroni lives and sees it."""

from faults._cluster import PrimaryFault, outage
from harness.core.database_controls import Database
from harness.core.fault import Undo


def postgres_killed() -> PrimaryFault:
    """Return a SIGKILL of the primary's whole server. Its hits are what it broke, not only a promotion."""
    return PrimaryFault("postgres_killed", act=_kill, mend=_revive, proof=outage)


def _kill(database: Database, node: str) -> int:
    return database.kill_server(node)


def _revive(database: Database, node: str) -> Undo:
    return database.undo_kill(node)
