"""A COMMIT whose wait for the standby was cancelled is taken for what it looks like, and never asked about again.

How it happens: the driver's COMMIT returns as usual and the server's warning goes to a log that nobody reads; or the
retry finds its own row, "so the first try must have been rolled back and done again". Both see what is only local, and
a failover takes it back after it was acknowledged. I2 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams

BUG = Bug(
    id="B23",
    title="a cancelled COMMIT is not taken for an unknown one",
    caught_by=("I2", "I5"),
    shown_by=("sync_commit_cancelled_then_failover",),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which the server's warning about replication goes unheard."""

    def doubtful(warning: str) -> bool:
        if seams.connecting.doubtful(warning):
            reached()
        return False

    return replace(seams, connecting=replace(seams.connecting, doubtful=doubtful))
