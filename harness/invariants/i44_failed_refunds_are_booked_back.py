"""I44: money that never reached the shopper is the merchant's again, and the merchant hears of it."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import failed_refunds
from harness.invariants._telling import clock, first_of_each, money, violation


def _not_failed(evidence: Evidence) -> list[Violation]:
    """The gateway took the refund back, and our refund still stands."""
    rows = evidence.rows(
        f"""
        SELECT r.refund_id AS subject, r.*, f.gateway, f.at_us FROM {failed_refunds(evidence)} f
        JOIN refunds r ON r.operation_id = f.operation_id WHERE r.status <> 'failed' ORDER BY f.at_us
        """
    )
    return [
        violation(
            row,
            f"refund {row['subject']} ({row['reference']}) of {money(row['amount_minor'], row['currency'])} failed at "
            f"{row['gateway']} at {clock(evidence, row['at_us'])}, but the database says {row['status']}",
            size=2,
        )
        for row in rows
    ]


def _not_refundable(evidence: Evidence) -> list[Violation]:
    """What is set aside for refunds is what they come to; more would keep the merchant from refunding it again."""
    rows = evidence.rows(
        """
        WITH due AS (
            SELECT payment_id, sum(amount_minor) FILTER (status <> 'failed') AS due_minor, count(*) AS refunds
            FROM refunds GROUP BY payment_id
        )
        SELECT p.payment_id AS subject, p.reference, p.currency, p.refund_reserved_minor AS reserved_minor,
            coalesce(d.due_minor, 0) AS due_minor, d.refunds
        FROM payments p JOIN due d ON d.payment_id = p.payment_id
        WHERE p.refund_reserved_minor <> coalesce(d.due_minor, 0)
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}) has {money(row['reserved_minor'], row['currency'])} aside "
            f"for refunds; those of it that did not fail come to {money(row['due_minor'], row['currency'])}",
            amount_minor=abs(row["reserved_minor"] - row["due_minor"]),
            size=1 + row["refunds"],
        )
        for row in rows
    ]


def _not_told(evidence: Evidence) -> list[Violation]:
    """Each failed refund has its event, whenever it failed."""
    rows = evidence.rows(
        """
        WITH failed AS (
            SELECT payment_id, count(*) AS refunds, max(reference) AS reference, sum(amount_minor) AS amount_minor,
                any_value(currency) AS currency FROM refunds WHERE status = 'failed' GROUP BY payment_id
        ), told AS (SELECT payment_id, count(*) AS events FROM outbox WHERE type = 'refund.failed' GROUP BY payment_id)
        SELECT f.payment_id AS subject, f.*, coalesce(t.events, 0) AS events
        FROM failed f LEFT JOIN told t ON t.payment_id = f.payment_id WHERE coalesce(t.events, 0) < f.refunds
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']}: {row['refunds']} refunds failed ({row['reference']}), and the merchant is told "
            f"of {row['events']}",
            size=1 + row["refunds"],
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_not_failed(evidence), *_not_refundable(evidence), *_not_told(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"SELECT count(*) FROM {failed_refunds(evidence)} f SEMI JOIN refunds r ON r.operation_id = f.operation_id"
    )


INVARIANT = Invariant(
    id="I44",
    sentence="A refund that fails after it was made is failed in our books, refundable again, and its merchant knows.",
    kind="convergence",
    needs=("gateway_movements", "payments", "refunds", "outbox"),
    witness=Witness("refunds that a gateway took back", 3, _count),
    violations=_violations,
)
