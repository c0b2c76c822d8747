"""The primary's whole node is gone: PostgreSQL and Patroni. Nobody is left to say so, only a lease that runs out."""

from faults._cluster import PrimaryFault, outage
from harness.core.database_controls import Database
from harness.core.fault import Undo


def database_node_lost() -> PrimaryFault:
    """Return a SIGKILL of the primary's server and of its Patroni. Its hits are what it broke, not only a promotion."""
    return PrimaryFault("database_node_lost", act=_kill, mend=_revive, proof=outage)


def _kill(database: Database, node: str) -> int:
    return database.kill_node(node)


def _revive(database: Database, node: str) -> Undo:
    return database.undo_kill(node)
