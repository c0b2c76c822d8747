"""I49: a no has a reason that the books show; what was declined is not gone."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, money, violation

CODE = "refund_exceeds_captured"
"""The refusal of a refund for want of captured money that is neither refunded nor reserved."""
SLACK_US = 250_000
"""A refund that was decided so shortly before may be counted either way: its decision and the request crossed."""


def _violations(evidence: Evidence) -> Sequence[Violation]:
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
            FROM gateway_movements m JOIN payments p ON p.payment_id = m.payment_id AND p.gateway = m.gateway
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


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM history WHERE kind = 'refund' AND error_code = '{CODE}'")


INVARIANT = Invariant(
    id="I49",
    sentence="A refund is refused for want of money only where the books show that it is gone or reserved.",
    kind="safety",
    needs=("history", "gateway_movements", "payments", "refunds", "operations"),
    witness=Witness("refunds refused for want of money", 3, _count),
    violations=_violations,
)
