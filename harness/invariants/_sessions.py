"""What one client session wrote and what it was shown, each as a table. Shared by I19 and I20.

A session is one arrival's errand: its requests share `arrival`, and it acts only on what it made itself, one step after
the other (races apart). A subject is a payment by its version, or a refund by how far it is (pending, then decided).
"""

from harness.core.evidence import Evidence
from harness.invariants._facts import failed_refunds

_REFUND_STEP = "CASE got_status WHEN 'pending' THEN 1 WHEN 'succeeded' THEN 2 WHEN 'failed' THEN 2 END"
_STATES = "kind IN ('create', 'capture', 'void')"


def told(evidence: Evidence) -> str:
    """Return what answers to writes said: `subject` was at `version` by `done_us`, with `refunded_minor` more refunded.

    Every answer counts that shows the subject, whatever its outcome: it was read from the books to be shown. Replays
    repeat what was said before. Only sessions that looked at something are kept.
    """
    return evidence.derive(
        "session_told",
        f"""
        WITH lookers AS (SELECT DISTINCT arrival FROM {looks(evidence)}), said AS (
            SELECT arrival, merchant_id, got_payment_id AS subject, got_version AS version, 0 AS refunded_minor,
                kind, replica, done_us, amount_minor, currency
            FROM history WHERE {_STATES} AND got_payment_id <> '' AND got_version IS NOT NULL AND NOT replayed
            UNION ALL
            SELECT arrival, merchant_id, got_refund_id, {_REFUND_STEP}, 0, kind, replica, done_us, amount_minor,
                currency FROM history WHERE kind = 'refund' AND got_refund_id <> '' AND NOT replayed
            UNION ALL
            SELECT arrival, merchant_id, payment_id, 0, got_amount_minor, kind, replica, done_us, amount_minor, currency
            FROM history h WHERE kind = 'refund' AND outcome = 'OK' AND got_status = 'succeeded' AND payment_id <> ''
                AND NOT replayed {_standing(evidence)}
        )
        SELECT s.* FROM said s SEMI JOIN lookers l ON l.arrival = s.arrival WHERE s.done_us IS NOT NULL
        """,
    )


def _standing(evidence: Evidence) -> str:
    """Return the condition that a refund was not taken back by its gateway, after which less is refunded."""
    if not evidence.has("gateway_movements"):
        return ""
    return f"""AND NOT EXISTS (SELECT 1 FROM {failed_refunds(evidence)} f
        WHERE f.merchant_id = h.merchant_id AND f.reference = h.reference)"""


def looks(evidence: Evidence) -> str:
    """Return the answered looks at a subject: reads, and writes that name a payment and are told there is none.

    `found` is false for a 404; then there is no version. Whoever is refused on purpose (another merchant) is left out.
    """
    return evidence.derive(
        "session_looks",
        f"""
        SELECT op, arrival, merchant_id, reference, kind, replica, sent_us, done_us, amount_minor, currency,
            CASE kind WHEN 'get_refund' THEN refund_id ELSE payment_id END AS subject,
            http_status <> 404 AS found,
            CASE kind WHEN 'get_refund' THEN {_REFUND_STEP} ELSE got_version END AS version,
            got_refunded_minor, got_status
        FROM history
        WHERE arrival IS NOT NULL AND done_us IS NOT NULL AND expect <> 'refuse'
            AND ((kind IN ('get', 'get_refund') AND (outcome = 'OK' OR http_status = 404))
                OR (kind IN ('capture', 'void', 'refund') AND http_status = 404 AND payment_id <> ''))
        """,
    )
