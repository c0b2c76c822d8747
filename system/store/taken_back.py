"""T4: what a gateway took back after it had said yes, booked back in one round trip."""

from dataclasses import dataclass

from system.gateway import What
from system.store.connection import Connection


@dataclass(frozen=True, slots=True)
class TakeBack:
    """One success that does not stand. ``amount_minor``: how much of it (a hold goes as a whole)."""

    attempt_id: str
    what: What
    amount_minor: int
    evidence: str
    """webhook | lookup | feed | reply"""
    now_us: int


async def take_back(connection: Connection, command: TakeBack) -> str:
    """Book it back: recorded | already | undecided (come again) | closed (it had come to nothing) | missing.

    Raises psycopg.Error and CommitIndeterminate; running it again is safe (``already``).
    """
    row = await connection.fetch(
        "SELECT pay.take_back(%s::text, %s::text, %s::bigint, %s::text, %s::bigint)",
        (command.attempt_id, command.what, command.amount_minor, command.evidence, command.now_us),
    )
    return str(row[0])


async def attempt_at(connection: Connection, gateway: str, gateway_ref: str, what: What) -> str | None:
    """Return the attempt that made a gateway's object, for events that do not carry our ids; None without one."""
    kinds = ["sale", "capture"] if what is What.DISPUTED else ["authorize"]
    row = await connection.fetch("SELECT pay.attempt_at(%s::text, %s::text, %s)", (gateway, gateway_ref, kinds))
    return None if row[0] is None else str(row[0])
