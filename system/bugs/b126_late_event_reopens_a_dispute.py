"""An event that comes late opens a dispute again that was decided long ago, and support answers it once more.

How it happens: the state of a dispute is whatever the last event said. Gateways do not promise an order, and `created`
may come after `closed`. I64 catches it.
"""

from collections.abc import Callable
from dataclasses import replace

from system.bugs.bug import Bug
from system.seams import Seams
from system.states import Evidence
from system.store.connection import Connection
from system.store.disputes import Disputed, RecordDispute

BUG = Bug(
    id="B126",
    title="a late event opens a decided dispute again",
    caught_by=("I64",),
    shown_by=("dispute_races_refund",),
)

BACK = """
WITH was AS (
    SELECT dispute_id, payment_id, state FROM pay.disputes
    WHERE attempt_id = %s AND reference = %s AND state IN ('won', 'lost', 'closed') AND state <> %s FOR UPDATE
), reopened AS (
    UPDATE pay.disputes d SET state = %s FROM was WHERE d.dispute_id = was.dispute_id RETURNING d.payment_id
), shown AS (
    UPDATE pay.payments p SET dispute_state = %s FROM reopened r WHERE p.payment_id = r.payment_id RETURNING 1
), noted AS (
    INSERT INTO pay.dispute_transitions (dispute_id, from_state, to_state, evidence, at_us)
    SELECT dispute_id, state, %s, %s, %s FROM was RETURNING 1
) SELECT count(*) FROM noted
"""


def plant(seams: Seams, reached: Callable[[], None]) -> Seams:
    """Return seams that believe whoever spoke last."""

    async def record_dispute(connection: Connection, command: RecordDispute) -> Disputed:
        outcome = await seams.record_dispute(connection, command)
        if outcome is Disputed.ALREADY and command.evidence is Evidence.WEBHOOK:
            told = command.told
            subject = (command.attempt_id, told.reference, told.state, told.state, told.state)
            row = await connection.fetch(BACK, (*subject, told.state, command.evidence, command.now_us))
            if row[0]:
                reached()
        return outcome

    return replace(seams, record_dispute=record_dispute)
