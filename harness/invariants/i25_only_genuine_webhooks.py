"""I25: a webhook is believed for its signature and its time, and for nothing else; in both directions.

Stripe's own library refuses a signature that does not match the body or is more than 300 s old
(`stripe.WebhookSignature.verify_header`, `DEFAULT_TOLERANCE`; stripe-python, read on 2026-12-01).
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._gateway_events import CANCELED_TYPES, FALSE, WORD
from harness.invariants._telling import CLOCKS_US, clock, first_of_each, violation


def _believed(evidence: Evidence) -> list[Violation]:
    """False deliveries that were accepted, or whose event was taken in although no genuine one has its id."""
    rows = evidence.rows(
        f"""
        WITH genuine AS (SELECT DISTINCT gateway, event_id FROM gateway_deliveries WHERE truth = 'genuine')
        SELECT d.delivery_id AS subject, d.*, i.received_at_us AS stored_us
        FROM gateway_deliveries d ANTI JOIN genuine g ON g.gateway = d.gateway AND g.event_id = d.event_id
        JOIN inbound_events i ON i.gateway = d.gateway AND i.event_id = d.event_id WHERE {FALSE}
        UNION ALL
        SELECT d.delivery_id, d.*, NULL FROM gateway_deliveries d
        WHERE {FALSE} AND d.http_status BETWEEN 200 AND 299
        ORDER BY sent_at_us
        """
    )
    return [
        violation(
            row,
            f"a webhook in {row['gateway']}'s name ({row['type']}, attempt {row['attempt_id']}) that is "
            f"{row['truth']}, sent at {clock(evidence, row['sent_at_us'])}, was "
            + ("taken in" if row["stored_us"] else f"answered {row['http_status']}"),
        )
        for row in rows
    ]


def _acted(evidence: Evidence) -> list[Violation]:
    """Attempts that a webhook decided, although no genuine one that says so had been sent by then."""
    rows = evidence.rows(
        f"""
        WITH said AS (SELECT *, {WORD} AS word FROM gateway_deliveries WHERE sent_at_us IS NOT NULL),
        decided AS (
            SELECT t.attempt_id, t.to_state, t.at_us, a.gateway, a.amount_minor, a.currency, o.reference
            FROM attempt_transitions t JOIN attempts a ON a.attempt_id = t.attempt_id
            LEFT JOIN operations o ON o.operation_id = a.operation_id
            WHERE t.evidence = 'webhook' AND t.to_state IN ('succeeded', 'declined', 'not_executed')
        )
        SELECT d.attempt_id AS subject, d.*, max(f.truth) AS truth, max(f.type) AS type
        FROM decided d ANTI JOIN said s ON s.gateway = d.gateway AND s.attempt_id = d.attempt_id
            AND s.truth = 'genuine' AND s.sent_at_us <= d.at_us + {CLOCKS_US}
            AND (s.word = CASE d.to_state WHEN 'succeeded' THEN 'yes' ELSE 'no' END
                OR d.to_state = 'declined' AND s.type IN ({CANCELED_TYPES}))
        JOIN said f ON f.gateway = d.gateway AND f.attempt_id = d.attempt_id AND f.truth <> 'genuine'
        GROUP BY ALL ORDER BY d.at_us
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['reference']}) became {row['to_state']} by a webhook at "
            f"{clock(evidence, row['at_us'])}, but only a false one ({row['truth']}, {row['type']}) says so",
            size=2,
        )
        for row in rows
    ]


def _unsigned(evidence: Evidence) -> list[Violation]:
    """Deliveries to merchants that did not verify at their endpoint."""
    rows = evidence.rows(
        "SELECT event_id AS subject, * FROM sink_events WHERE NOT signature_ok ORDER BY received_at_us"
    )
    return [
        violation(
            row,
            f"event {row['subject']} ({row['type']}) reached {row['merchant_id']} at "
            f"{clock(evidence, row['received_at_us'])} with a signature that does not verify there",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_acted(evidence), *_believed(evidence), *_unsigned(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM gateway_deliveries WHERE {FALSE} AND http_status IS NOT NULL")


INVARIANT = Invariant(
    id="I25",
    sentence="Webhooks to merchants verify with their secret and a fresh time; forged, unsigned, altered, old or "
    "future ones from gateways change nothing.",
    kind="safety",
    needs=("gateway_deliveries", "inbound_events", "attempt_transitions", "attempts", "operations", "sink_events"),
    witness=Witness("false webhooks that were sent and answered", 20, _count),
    violations=_violations,
)
