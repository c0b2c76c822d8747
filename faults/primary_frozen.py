"""The primary stands still: its connections stay open and answer nothing, and later it goes on as if nothing had been.

A machine that swaps or migrates, a disk that hangs. TCP lives on, so only a caller's own clock notices.
"""

from faults._cluster import PrimaryFault, outage
from harness.core.database_controls import Database
from harness.core.fault import Undo


def primary_frozen() -> PrimaryFault:
    """Return a SIGSTOP of the primary's server with all its processes and of its Patroni; healed by SIGCONT.

    It hit when the node stopped answering. Only one that lasts longer than the leader's lease makes the other node take
    over.
    """
    return PrimaryFault("primary_frozen", act=_freeze, mend=_thaw, proof=outage)


def _freeze(database: Database, node: str) -> int:
    return database.freeze_node(node)


def _thaw(database: Database, node: str) -> Undo:
    return database.undo_freeze(node)
