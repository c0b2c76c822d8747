"""I26: who listens to the events knows the payment. The one with the highest number says what the database says."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, violation


def _violations(evidence: Evidence) -> Sequence[Violation]:
    """Payments whose last event, once received, tells another state than their row. What never came is I24's matter."""
    rows = evidence.rows(
        """
        WITH last AS (SELECT hash(payment_id) AS payment, max(sequence) AS sequence FROM outbox GROUP BY payment),
        state AS (SELECT hash(payment_id) AS payment, hash(status, CAST(version AS BIGINT)) AS state FROM payments),
        suspects AS (
            SELECT s.payment_id FROM sink_events s
            JOIN last l ON l.payment = hash(s.payment_id) AND l.sequence = s.sequence
            JOIN state p ON p.payment = l.payment
            WHERE s.signature_ok AND p.state <> hash(s.told_status, CAST(s.told_version AS BIGINT))
        ), heard AS (
            SELECT payment_id, max(sequence) AS sequence FROM sink_events SEMI JOIN suspects USING (payment_id)
            WHERE signature_ok AND http_status BETWEEN 200 AND 299 GROUP BY payment_id
        ), made AS (
            SELECT payment_id, max(sequence) AS sequence FROM outbox SEMI JOIN suspects USING (payment_id)
            GROUP BY payment_id
        )
        SELECT DISTINCT ON (p.payment_id) p.payment_id AS subject, p.reference, p.status, p.version, s.event_id,
            s.sequence, s.told_status, s.told_version, s.received_at_us
        FROM payments p JOIN heard h ON h.payment_id = p.payment_id
        JOIN made m ON m.payment_id = p.payment_id AND m.sequence = h.sequence
        JOIN sink_events s ON s.payment_id = p.payment_id AND s.sequence = h.sequence AND s.signature_ok
        WHERE s.told_status IS DISTINCT FROM p.status OR s.told_version IS DISTINCT FROM p.version
        ORDER BY p.payment_id, s.received_at_us
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}) is {row['status']} at version {row['version']}, but its "
            f"last event {row['event_id']} (number {row['sequence']}, {clock(evidence, row['received_at_us'])}) says "
            f"{row['told_status']} at version {row['told_version']}",
            size=2,
        )
        for row in rows
    ]


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(DISTINCT payment_id) FROM sink_events WHERE signature_ok AND sequence > 1")


INVARIANT = Invariant(
    id="I26",
    sentence="Folding each payment's events gives the database's state: the one with the highest number is how it is, "
    "and no late event from anywhere takes it back.",
    kind="convergence",
    needs=("payments", "outbox", "sink_events"),
    witness=Witness("payments that merchants heard of more than once", 10, _count),
    violations=_violations,
)
