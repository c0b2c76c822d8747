"""I60: who asks for more than there is gets a no from the one who was asked, not from a gateway further on.

A PaymentIntent's capture must be at most the authorised amount (docs.stripe.com/api/payment_intents/capture,
`amount_to_capture`), a refund at most what is left of the charge (docs.stripe.com/refunds); looked up on 2026-12-01.
Some gateways allow more to those who ask for it, so a gateway's own no is luck.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, money, violation


def _beyond(evidence: Evidence) -> str:
    """Return the captures and refunds of more than there can have been, with `most_minor`, by what clients knew.

    A capture may be of what was authorised, less what was captured for certain before it was sent. A refund may be of
    all that was asked to be captured until it was answered, and not refused.
    """
    return evidence.derive(
        "asked_beyond",
        """
        WITH requests AS MATERIALIZED (
            SELECT op, attempt, kind, merchant_id, idempotency_key, reference, payment_id, amount_minor, currency,
                outcome, http_status, error_code, sent_us, done_us
            FROM history WHERE kind IN ('capture', 'refund') AND payment_id <> ''
        ), made AS (
            SELECT got_payment_id AS payment_id, any_value(capture_mode) AS mode, max(amount_minor) AS authorized_minor
            FROM history SEMI JOIN requests r ON r.payment_id = got_payment_id
            WHERE kind = 'create' AND outcome = 'OK' AND got_payment_id <> '' AND amount_minor IS NOT NULL
            GROUP BY got_payment_id
        ), captures AS (
            SELECT payment_id, idempotency_key, max(amount_minor) AS amount_minor, min(sent_us) AS sent_us,
                min(done_us) FILTER (outcome = 'OK') AS ok_us, bool_and(outcome = 'FAILED') AS refused
            FROM requests WHERE kind = 'capture' GROUP BY payment_id, idempotency_key
        ), asked AS (
            SELECT r.*, m.mode, m.authorized_minor FROM requests r JOIN made m ON m.payment_id = r.payment_id
            WHERE r.amount_minor IS NOT NULL
        ), limited AS (
            SELECT a.*, CASE
                WHEN a.kind = 'capture' THEN a.authorized_minor - coalesce((SELECT sum(c.amount_minor)
                    FROM captures c WHERE c.payment_id = a.payment_id AND c.idempotency_key <> a.idempotency_key
                        AND c.ok_us < a.sent_us), 0)
                WHEN a.mode = 'manual' THEN coalesce((SELECT sum(least(c.amount_minor, a.authorized_minor))
                    FROM captures c WHERE c.payment_id = a.payment_id AND NOT c.refused
                        AND c.sent_us < coalesce(a.done_us, c.sent_us + 1)), 0)
                ELSE a.authorized_minor END AS most_minor
            FROM asked a
        )
        SELECT op, attempt, kind, merchant_id, reference, payment_id, amount_minor, currency, outcome, http_status,
            error_code, done_us, most_minor
        FROM limited WHERE amount_minor > most_minor
        """,
    )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    """An answer that the request is accepted, or that a gateway declined it (402): then a gateway was asked."""
    rows = evidence.rows(
        f"""
        SELECT op AS subject, * FROM {_beyond(evidence)} WHERE http_status BETWEEN 200 AND 299 OR http_status = 402
        ORDER BY done_us
        """
    )
    return first_of_each(
        violation(
            row,
            f"{row['kind']} {row['reference']} of {money(row['amount_minor'], row['currency'])} of payment "
            f"{row['payment_id']} was answered {row['http_status']} {row['error_code'] or ''} at "
            f"{clock(evidence, row['done_us'])}, although there was no more than "
            f"{money(max(0, row['most_minor']), row['currency'])} to {row['kind']}",
            amount_minor=row["amount_minor"] - max(0, row["most_minor"]),
            sum_of=row["payment_id"],
        )
        for row in rows
    )


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(DISTINCT op) FROM {_beyond(evidence)} WHERE outcome = 'FAILED'")


INVARIANT = Invariant(
    id="I60",
    sentence="A capture of more than is authorised, or a refund of more than was captured, is refused, and never "
    "passed on to a gateway.",
    kind="safety",
    needs=("history",),
    witness=Witness("captures and refunds of too much that were refused", 3, _count),
    violations=_violations,
)
