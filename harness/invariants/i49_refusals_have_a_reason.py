"""I49: a no has a reason that the books show; what was declined is not gone."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, money, violation

CODE = "refund_exceeds_captured"
"""The refusal of a refund for want of captured money that is neither refunded nor reserved."""
TOO_MUCH = "capture_exceeds_authorized"
BUSY = "operation_in_progress"
OVER = "('payment_not_capturable', 'payment_not_voidable', 'hold_expired', 'hold_canceled')"
"""The refusals of a capture or void because nothing is held any more."""
REASONS = {TOO_MUCH: ", which is enough", BUSY: ", and no other capture or void was under way"}
"""What the books show instead of a reason, by the code of the refusal; for the others that nothing ended the hold."""
SLACK_US = 250_000
"""What was decided so shortly before may be counted either way: its decision and the request crossed."""


def _refunds(evidence: Evidence) -> list[Violation]:
    """Every refund that may have been under way counts as reserved; so does one that the gateway took back later.

    A second charge elsewhere that is on its way back is nobody's to refund: what the payment's own gateway took counts.
    """
    rows = evidence.rows(
        f"""
        WITH refused AS (
            SELECT op, payment_id, reference, amount_minor, min(sent_us) AS sent_us, max(done_us) AS done_us
            FROM history WHERE kind = 'refund' AND error_code = '{CODE}' AND outcome = 'FAILED'
                AND amount_minor IS NOT NULL AND payment_id <> '' GROUP BY ALL
        ), taken AS (
            SELECT m.payment_id, sum(m.amount_minor) AS captured_minor, max(m.currency) AS currency,
                max(m.at_us) AS last_us
            FROM gateway_movements m SEMI JOIN refused f ON f.payment_id = m.payment_id
            JOIN payments p ON p.payment_id = m.payment_id AND p.gateway = m.gateway
            WHERE m.kind = 'capture' GROUP BY m.payment_id
        ), reserved AS (
            SELECT f.op, sum(r.amount_minor) AS reserved_minor
            FROM refused f JOIN refunds r ON r.payment_id = f.payment_id
            JOIN operations o ON o.operation_id = r.operation_id
            WHERE r.created_at_us <= f.done_us + {SLACK_US} AND (r.status <> 'failed'
                OR o.decided_at_us IS NULL OR o.decided_at_us > f.sent_us - {SLACK_US}
                OR EXISTS (SELECT 1 FROM gateway_movements m
                    WHERE m.kind = 'refund_failed' AND m.operation_id = r.operation_id))
            GROUP BY f.op
        )
        SELECT f.op AS subject, f.payment_id, f.reference, f.amount_minor, t.currency, t.captured_minor, f.done_us,
            coalesce(x.reserved_minor, 0) AS reserved_minor
        FROM refused f JOIN taken t ON t.payment_id = f.payment_id LEFT JOIN reserved x ON x.op = f.op
        WHERE t.last_us < f.sent_us AND t.captured_minor - coalesce(x.reserved_minor, 0) >= f.amount_minor
        """
    )
    return [
        violation(
            row,
            f"refund {row['reference']} of {money(row['amount_minor'], row['currency'])} of payment "
            f"{row['payment_id']} was refused at {clock(evidence, row['done_us'])} as more than is left, but of "
            f"{money(row['captured_minor'], row['currency'])} captured only "
            f"{money(row['reserved_minor'], row['currency'])} had been asked back and not declined",
            size=2,
        )
        for row in rows
    ]


def _ends(evidence: Evidence) -> list[Violation]:
    """Captures and voids that were refused although the hold stood at its gateway, untouched and enough.

    Only holds that a client knew to stand are looked at: whose creation was answered `authorized` before.
    """
    rows = evidence.rows(
        f"""
        WITH refused AS (
            SELECT op, kind, payment_id, any_value(reference) AS reference, max(amount_minor) AS amount_minor,
                max(error_code) AS error_code, min(sent_us) AS sent_us, max(done_us) AS done_us
            FROM history WHERE kind IN ('capture', 'void') AND outcome = 'FAILED' AND payment_id <> ''
                AND (error_code IN ('{TOO_MUCH}', '{BUSY}') OR error_code IN {OVER}) GROUP BY op, kind, payment_id
        ), held AS (
            SELECT c.payment_id, max(c.authorized_minor) AS held_minor, max(c.currency) AS currency,
                min(h.done_us) AS since_us
            FROM gateway_charges c SEMI JOIN refused f ON f.payment_id = c.payment_id
            JOIN history h ON h.got_payment_id = c.payment_id AND h.kind = 'create'
                AND h.outcome = 'OK' AND h.got_status = 'authorized'
            WHERE c.executed GROUP BY c.payment_id
        ), ended AS (
            SELECT payment_id, min(at_us) AS at_us FROM gateway_movements SEMI JOIN refused USING (payment_id)
            WHERE kind IN ('capture', 'void', 'expire') GROUP BY payment_id
        )
        SELECT f.op AS subject, f.*, d.held_minor, d.currency FROM refused f JOIN held d ON d.payment_id = f.payment_id
        LEFT JOIN ended e ON e.payment_id = f.payment_id AND e.at_us <= f.done_us + {SLACK_US}
        WHERE d.since_us < f.sent_us AND CASE f.error_code
            WHEN '{TOO_MUCH}' THEN f.amount_minor <= d.held_minor
            WHEN '{BUSY}' THEN NOT EXISTS (SELECT 1 FROM operations o
                WHERE o.payment_id = f.payment_id AND o.kind IN ('capture', 'void')
                    AND o.reference IS DISTINCT FROM f.reference
                    AND o.created_at_us <= f.done_us + {SLACK_US}
                    AND (o.decided_at_us IS NULL OR o.decided_at_us > f.sent_us - {SLACK_US}))
            ELSE e.at_us IS NULL END
        """
    )
    return [
        violation(
            row,
            f"{row['kind']} {row['reference']} of payment {row['payment_id']} was refused as {row['error_code']} at "
            f"{clock(evidence, row['done_us'])}, but {money(row['held_minor'], row['currency'])} were held at its "
            f"gateway{REASONS.get(row['error_code'], ', and nobody had captured or released them')}",
            size=2,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return [*_refunds(evidence), *_ends(evidence)]


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"""
        SELECT count(*) FROM history WHERE (kind = 'refund' AND error_code = '{CODE}')
            OR (kind IN ('capture', 'void') AND (error_code IN ('{TOO_MUCH}', '{BUSY}') OR error_code IN {OVER}))
        """
    )


INVARIANT = Invariant(
    id="I49",
    sentence="A refund is refused for want of money only where the books show that it is gone or reserved; a capture "
    "or void only where they show that the hold is too small, over, or being ended.",
    kind="safety",
    needs=("history", "gateway_charges", "gateway_movements", "payments", "refunds", "operations"),
    witness=Witness("refunds, captures and voids refused for want of money or of a hold", 3, _count),
    violations=_violations,
)
