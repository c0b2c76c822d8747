"""The pool is never rebuilt on the new primary: it goes back to the address it found at start.

How it happens: the primary's address is resolved once and kept, and the check that a server may be written to is made
at start only. The old primary returns as a standby, takes the connections, and refuses every write. I37 catches it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from psycopg.conninfo import make_conninfo

from system.bugs.bug import Bug
from system.seams import Seams

BUG = Bug(
    id="B46",
    title="the pool is not rebuilt after a failover; the old primary is read-only",
    caught_by=("I37",),
    shown_by=("database_primary_killed", "old_primary_returns"),
)


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams in which the first primary found is the only one ever used."""
    known: list[str] = []

    async def find(conninfo: str, options: Mapping[str, str]) -> str:
        if known:
            reached()
        else:
            known.append(make_conninfo(await seams.connecting.find(conninfo, options), target_session_attrs="any"))
        return known[0]

    return replace(seams, connecting=replace(seams.connecting, find=find))
