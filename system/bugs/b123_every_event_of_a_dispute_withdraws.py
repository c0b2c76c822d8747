"""Every event about an open dispute takes its money out of the books again: duplicates and sequels double the loss.

How it happens: the handler books whatever an event says was withdrawn, and the guard against doing it twice is kept by
the event's id. `created`, `funds_withdrawn` and `updated` of one dispute have three. I64 and I16 catch it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.states import Evidence
from system.store.connection import Connection
from system.store.disputes import Disputed, RecordDispute

BUG = Bug(
    id="B123",
    title="each event of a dispute withdraws its money again",
    caught_by=("I64", "I16"),
    shown_by=("dispute_races_refund",),
)

AGAIN = """
SELECT pay.post('dispute:' || d.dispute_id || ':' || gen_random_uuid(), 'merchant:' || d.merchant_id || ':payable',
    'gateway:' || d.gateway || ':clearing', d.currency, d.withdrawn_minor, d.payment_id, a.operation_id, d.attempt_id,
    %s)
FROM pay.disputes d JOIN pay.gateway_attempts a USING (attempt_id)
WHERE d.attempt_id = %s AND d.reference = %s AND d.withdrawn_minor > 0
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that book a withdrawal for each event that tells of one."""

    async def record_dispute(connection: Connection, command: RecordDispute) -> Disputed:
        outcome = await seams.record_dispute(connection, command)
        if outcome is Disputed.ALREADY and command.told.withdrawn_minor and command.evidence is Evidence.WEBHOOK:
            reached()
            await connection.execute(AGAIN, (command.now_us, command.attempt_id, command.told.reference))
        return outcome

    return replace(seams, record_dispute=record_dispute)
