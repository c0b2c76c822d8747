"""I13: never give back more than was taken, however many ask for it at once."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import intents
from harness.invariants._telling import first_of_each, money, violation


def _at_gateways(evidence: Evidence) -> list[Violation]:
    """Count at the gateways at every moment, not only at the end: a later capture does not excuse it."""
    rows = evidence.rows(
        """
        WITH refunded AS (
            SELECT DISTINCT gateway, charge_id FROM gateway_movements WHERE kind IN ('refund', 'dispute')),
        running AS (
            SELECT m.gateway, m.charge_id, m.kind, sum(CASE m.kind
                WHEN 'refund' THEN m.amount_minor WHEN 'dispute' THEN m.amount_minor
                WHEN 'refund_failed' THEN -m.amount_minor
                WHEN 'dispute_reversal' THEN -m.amount_minor ELSE 0 END) OVER moments AS refunded_minor,
                sum(CASE m.kind WHEN 'capture' THEN m.amount_minor ELSE 0 END) OVER moments AS captured_minor
            FROM gateway_movements m SEMI JOIN refunded r ON r.gateway = m.gateway AND r.charge_id = m.charge_id
            WINDOW moments AS (PARTITION BY m.gateway, m.charge_id ORDER BY m.at_us)
        ), over_refunded AS (
            SELECT gateway, charge_id, max(refunded_minor - captured_minor) AS amount_minor,
                max(refunded_minor) AS refunded_minor, max(captured_minor) AS captured_minor,
                count(*) FILTER (kind = 'refund') AS refunds, count(*) FILTER (kind = 'dispute') AS disputes
            FROM running GROUP BY gateway, charge_id HAVING max(refunded_minor - captured_minor) > 0
        )
        SELECT c.charge_id AS subject, c.gateway, c.reference, c.currency, c.payment_id, r.amount_minor,
            r.refunded_minor, r.captured_minor, r.refunds, r.disputes
        FROM over_refunded r JOIN gateway_charges c ON c.gateway = r.gateway AND c.charge_id = r.charge_id
        """
    )
    return [
        violation(
            row,
            f"charge {row['subject']} at {row['gateway']} (payment {row['payment_id']}, {row['reference']}): "
            f"{row['refunds']} refunds{' and a dispute' if row['disputes'] else ''} gave back "
            f"{money(row['refunded_minor'], row['currency'])} of "
            f"{money(row['captured_minor'], row['currency'])} captured",
            size=1 + row["refunds"] + row["disputes"],
            sum_of=row["payment_id"],
            seen_in="gateways",
        )
        for row in rows
    ]


def _in_database(evidence: Evidence) -> list[Violation]:
    """The database promises more refunds than it captured, even where the gateway refused to carry them out."""
    rows = evidence.rows(
        """
        WITH promised AS (
            SELECT payment_id, sum(amount_minor) AS promised_minor, count(*) AS refunds
            FROM refunds WHERE status IN ('succeeded', 'pending') GROUP BY payment_id
        )
        SELECT p.payment_id AS subject, p.reference, p.currency, p.captured_minor, r.promised_minor, r.refunds,
            r.promised_minor - p.captured_minor AS amount_minor
        FROM promised r JOIN payments p ON p.payment_id = r.payment_id
        WHERE r.promised_minor > p.captured_minor
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}): {row['refunds']} refunds of "
            f"{money(row['promised_minor'], row['currency'])} together were accepted, "
            f"{money(row['captured_minor'], row['currency'])} was captured",
            size=1 + row["refunds"],
            sum_of=row["subject"],
            seen_in="database",
        )
        for row in rows
    ]


def _beside_disputes(evidence: Evidence) -> list[Violation]:
    """The database says that more was given back, by refunds that were made and by disputes, than was captured.

    Refunds under way do not count: one that crosses a dispute is refused by its gateway.
    """
    if not evidence.has("disputes"):
        return []
    rows = evidence.rows(
        """
        WITH gone AS (
            SELECT payment_id, sum(withdrawn_minor - reinstated_minor) AS withdrawn_minor, count(*) AS disputes
            FROM disputes GROUP BY payment_id HAVING sum(withdrawn_minor - reinstated_minor) > 0
        ), given AS (
            SELECT payment_id, sum(amount_minor) AS refunded_minor, count(*) AS refunds
            FROM refunds WHERE status = 'succeeded' GROUP BY payment_id
        )
        SELECT p.payment_id AS subject, p.reference, p.currency, p.captured_minor, w.withdrawn_minor, w.disputes,
            coalesce(g.refunded_minor, 0) AS refunded_minor, coalesce(g.refunds, 0) AS refunds,
            w.withdrawn_minor + coalesce(g.refunded_minor, 0) - p.captured_minor AS amount_minor
        FROM gone w JOIN payments p ON p.payment_id = w.payment_id LEFT JOIN given g ON g.payment_id = w.payment_id
        WHERE w.withdrawn_minor + coalesce(g.refunded_minor, 0) > p.captured_minor
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}): {row['disputes']} disputes withdrew "
            f"{money(row['withdrawn_minor'], row['currency'])} and {row['refunds']} refunds gave back "
            f"{money(row['refunded_minor'], row['currency'])} in our books, "
            f"{money(row['captured_minor'], row['currency'])} was captured",
            size=1 + row["refunds"] + row["disputes"],
            sum_of=row["subject"],
            seen_in="disputes",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_at_gateways(evidence), *_in_database(evidence), *_beside_disputes(evidence)])


def _count(evidence: Evidence) -> int:
    """Count payments of which clients asked for more refunds than was captured, or than a dispute left of it."""
    return evidence.count(
        f"""
        WITH asked AS (
            SELECT payment_id, sum(amount_minor) AS asked_minor, count(*) AS asked FROM {intents(evidence)}
            WHERE kind = 'refund' AND payment_id <> '' GROUP BY payment_id
        ), withdrawn AS (
            SELECT payment_id, sum(amount_minor) AS withdrawn_minor FROM gateway_movements
            WHERE kind = 'dispute' GROUP BY payment_id
        )
        SELECT count(*) FROM asked i JOIN payments p ON p.payment_id = i.payment_id
        LEFT JOIN withdrawn w ON w.payment_id = i.payment_id
        WHERE (i.asked > 1 OR w.withdrawn_minor > 0) AND p.captured_minor > 0
            AND i.asked_minor + coalesce(w.withdrawn_minor, 0) > p.captured_minor
        """
    )


INVARIANT = Invariant(
    id="I13",
    sentence="Refunds and withdrawn disputes together never exceed captures, counted at the gateways.",
    kind="safety",
    needs=("history", "gateway_charges", "gateway_movements", "payments", "refunds"),
    witness=Witness("payments of which more was asked back than was captured", 2, _count),
    violations=_violations,
)
