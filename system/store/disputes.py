"""T5: what a gateway tells of a dispute, merged into what is known of it, in one round trip."""

from dataclasses import dataclass
from enum import StrEnum

from system.gateway import DisputeTold
from system.ids import new_id
from system.states import Evidence
from system.store.connection import Connection

RECORD = """
SELECT pay.record_dispute(%s::text, %s::text, %s::text, %s::text, %s::bigint, %s::bigint, %s::bigint, %s::bigint,
    %s::text, %s::text, %s::bigint)
"""

OPEN = """
SELECT a.attempt_id, d.reference FROM pay.disputes d JOIN pay.gateway_attempts a USING (attempt_id)
WHERE d.gateway = %s AND d.state IN ('inquiry', 'needs_response', 'under_review') AND d.opened_at_us < %s
ORDER BY d.updated_at_us LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class RecordDispute:
    """All that was told of one dispute of one of our attempts, and by what."""

    attempt_id: str
    told: DisputeTold
    evidence: Evidence
    now_us: int


class Disputed(StrEnum):
    """What came of recording it."""

    RECORDED = "recorded"
    ALREADY = "already"
    UNDECIDED = "undecided"
    """The call that it is about is under way: come again."""
    CLOSED = "closed"
    """The call that it is about had come to nothing."""
    EXCESS = "excess"
    """It would withdraw more than was captured: people must look."""
    MISSING = "missing"


async def record_dispute(connection: Connection, command: RecordDispute) -> Disputed:
    """Merge it. Raises psycopg.Error and CommitIndeterminate; running it again is safe (``already``)."""
    told = command.told
    row = await connection.fetch(
        RECORD,
        (
            command.attempt_id,
            new_id("dsp_"),
            told.reference,
            told.state,
            told.amount_minor,
            told.withdrawn_minor,
            told.fee_minor,
            told.reinstated_minor,
            told.reason or "unknown",
            command.evidence,
            command.now_us,
        ),
    )
    return Disputed(row[0])


async def open_before(connection: Connection, gateway: str, before_us: int, *, limit: int) -> dict[str, set[str]]:
    """Return the attempts with disputes that are open and were opened before a time, each with their references."""
    cursor = await connection.execute(OPEN, (gateway, before_us, limit))
    found: dict[str, set[str]] = {}
    for attempt_id, reference in await cursor.fetchall():
        found.setdefault(attempt_id, set()).add(reference)
    return found


async def note_chargeback(
    connection: Connection,
    *,
    reference: str,
    dispute_reference: str,
    gateway: str,
    payment_id: str,
    amount_minor: int,
    reason: str,
    actor: str,
    now_us: int,
) -> str:
    """Keep an operator's reference of a dispute: recorded | already | reused (it stands for another one)."""
    row = await connection.fetch(
        "SELECT pay.note_chargeback(%s::text, (SELECT dispute_id FROM pay.disputes WHERE gateway = %s AND reference"
        " = %s), %s::text, %s::bigint, %s::text, %s::text, %s::bigint)",
        (reference, gateway, dispute_reference, payment_id, amount_minor, reason, actor, now_us),
    )
    return str(row[0])
