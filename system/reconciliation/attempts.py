"""Our side of the comparison: a gateway's attempts with their journals and reversals. SQL only."""

from collections.abc import Sequence

from system.decisions.comparing import OurDispute, Ours
from system.gateway import Kind
from system.states import AttemptState, DisputeState, OperationState
from system.store.connection import Connection, Row

READ = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM pay.gateway_attempts
    WHERE gateway = %(gateway)s
        AND (prepared_at_us BETWEEN %(from_us)s AND %(to_us)s OR attempt_id = ANY(%(named)s)
            OR (call_kind IN ('sale', 'capture') AND gateway_ref = ANY(%(disputed)s)))
), moved AS (
    SELECT attempt_id, max(at_us) AS at_us FROM pay.attempt_transitions
    WHERE attempt_id IN (SELECT attempt_id FROM wanted) GROUP BY attempt_id
), booked AS (
    SELECT j.attempt_id, sum(p.amount_minor)::bigint AS amount_minor
    FROM pay.journals j JOIN pay.postings p USING (journal_id)
    WHERE j.cause IN (
        SELECT CASE call_kind WHEN 'refund' THEN 'refund:' ELSE 'capture:' END || attempt_id FROM wanted)
        AND p.account = 'gateway:' || %(gateway)s || ':clearing'
    GROUP BY j.attempt_id
)
SELECT w.attempt_id, w.operation_id, w.payment_id, w.call_kind, w.state, w.amount_minor, w.currency, w.gateway_ref,
    coalesce(m.at_us, w.prepared_at_us), w.prepared_at_us, b.amount_minor, r.state,
    o.kind = 'reversal',
    EXISTS (SELECT FROM pay.gateway_attempts x
        WHERE x.operation_id = w.operation_id AND x.attempt_id <> w.attempt_id AND x.state = 'succeeded'),
    ARRAY(SELECT ARRAY[d.reference, d.state, d.withdrawn_minor::text, d.fee_minor::text, d.reinstated_minor::text]
        FROM pay.disputes d WHERE d.attempt_id = w.attempt_id),
    w.call_kind = 'authorize' AND w.state = 'succeeded' AND q.status = 'authorized' AND q.modify_pending IS NULL
FROM wanted w JOIN pay.operations o USING (operation_id) JOIN pay.payments q ON q.payment_id = w.payment_id
LEFT JOIN moved m USING (attempt_id) LEFT JOIN booked b USING (attempt_id)
LEFT JOIN pay.operations r ON r.reverses_attempt_id = w.attempt_id
ORDER BY w.attempt_id
"""


async def read_ours(
    connection: Connection,
    gateway: str,
    from_us: int,
    to_us: int,
    *,
    named: Sequence[str] = (),
    disputed: Sequence[str] = (),
) -> list[Ours]:
    """Return the gateway's attempts prepared in a span, those that its feed names, and who took disputed charges."""
    span = {"gateway": gateway, "from_us": from_us, "to_us": to_us}
    parameters = {**span, "named": list(named), "disputed": list(disputed)}
    cursor = await connection.execute(READ, parameters)
    rows = await cursor.fetchall()
    return [_ours(row) for row in rows]


def _ours(row: Row) -> Ours:
    attempt_id, operation_id, payment_id, kind, state, amount_minor, currency, gateway_ref, quiet_us, made_us = row[:10]
    booked_minor, reversal, undoes, has_other, disputes, held = row[10:]
    return Ours(
        attempt_id=attempt_id,
        operation_id=operation_id,
        payment_id=payment_id,
        kind=Kind(kind),
        state=AttemptState(state),
        amount_minor=amount_minor,
        currency=currency,
        gateway_ref=gateway_ref,
        quiet_since_us=quiet_us,
        prepared_at_us=made_us,
        booked_minor=booked_minor,
        reversal=None if reversal is None else OperationState(reversal),
        undoes=undoes,
        has_other=has_other,
        disputes=tuple(_dispute(*item) for item in disputes),
        held=held,
    )


def _dispute(reference: str, state: str, withdrawn: str, fee: str, reinstated: str) -> OurDispute:
    return OurDispute(reference, DisputeState(state), int(withdrawn), int(fee), int(reinstated))
