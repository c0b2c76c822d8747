"""T4: what a gateway took back after it had said yes, booked back in one round trip."""

from dataclasses import dataclass
from enum import StrEnum

from system.gateway import Kind, What
from system.states import Evidence
from system.store.connection import Connection


@dataclass(frozen=True, slots=True)
class TakeBack:
    """One success that does not stand. ``amount_minor``: how much of it (a hold goes as a whole)."""

    attempt_id: str
    what: What
    amount_minor: int
    evidence: Evidence
    now_us: int


class TakingBack(StrEnum):
    """What came of booking it back."""

    RECORDED = "recorded"
    ALREADY = "already"
    UNDECIDED = "undecided"
    """Its call, or one upon it, is under way: come again."""
    CLOSED = "closed"
    """The call that it is about had come to nothing."""
    MISSING = "missing"


async def take_back(connection: Connection, command: TakeBack) -> TakingBack:
    """Book it back.

    Raises psycopg.Error and CommitIndeterminate; running it again is safe (``already``).
    """
    row = await connection.fetch(
        "SELECT pay.take_back(%s::text, %s::text, %s::bigint, %s::text, %s::bigint)",
        (command.attempt_id, command.what, command.amount_minor, command.evidence, command.now_us),
    )
    return TakingBack(row[0])


async def taker_of(connection: Connection, gateway: str, charge_ref: str) -> str | None:
    """Return the attempt that took a charge's money, for what does not carry our ids; None without one."""
    kinds: list[str] = [Kind.SALE, Kind.CAPTURE]
    row = await connection.fetch("SELECT pay.attempt_at(%s::text, %s::text, %s)", (gateway, charge_ref, kinds))
    return None if row[0] is None else str(row[0])
