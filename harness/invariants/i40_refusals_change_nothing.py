"""I40: a no is a no everywhere."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import WRITES, intents
from harness.invariants._telling import clock, some, violation

_REFUSED = (
    "outcome = 'FAILED' AND http_status <> 402 AND got_payment_id IS NULL AND got_refund_id IS NULL "
    "AND (http_status BETWEEN 400 AND 499 OR http_status = 503)"
)
"""Answers by which nothing was accepted: typed 4xx, and load shed with 503 before any row was written."""

_BEGUN = "state = 'failed'"
"""An operation that was accepted and then failed because every gateway refused the connection: also answered 503, by
contract, but not a refusal. That it moved no money is I5's question."""


def _by_reference(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        WITH begun AS (
            SELECT merchant_id, reference FROM operations WHERE {_BEGUN} GROUP BY ALL
        ), refused AS (
            SELECT merchant_id, kind, reference, max(no_status) AS no_status, max(no_code) AS no_code,
                max(done_us) AS done_us, max(amount_minor) AS amount_minor, max(currency) AS currency
            FROM {intents(evidence)} i ANTI JOIN begun b
                ON i.no_status = 503 AND b.merchant_id = i.merchant_id AND b.reference = i.reference
            WHERE oks = 0 AND unknowns = 0 AND failures > 0 AND final_no_us IS NULL
                AND (no_status BETWEEN 400 AND 499 OR no_status = 503) GROUP BY ALL
        ), traces AS (
            SELECT merchant_id, reference, 'create' AS kind, 'payment' AS place, payment_id AS id FROM payments
            UNION ALL SELECT merchant_id, reference,
                CASE WHEN kind IN ('sale', 'authorize') THEN 'create' ELSE kind END, 'operation', operation_id
                FROM operations WHERE kind <> 'reversal'
            UNION ALL SELECT merchant_id, reference, 'refund', 'refund', refund_id FROM refunds
            UNION ALL SELECT merchant_id, reference, 'create', gateway, charge_id FROM gateway_charges
            UNION ALL SELECT merchant_id, reference, kind, gateway, movement_id FROM gateway_movements
                WHERE kind IN ('capture', 'void', 'refund')
        )
        SELECT r.reference AS subject, r.*, list(t.place || ' ' || t.id) AS places FROM refused r JOIN traces t
            ON t.merchant_id = r.merchant_id AND t.reference = r.reference AND t.kind = r.kind
        GROUP BY ALL
        """
    )
    return [
        violation(
            row,
            f"{row['kind']} {row['reference']} of {row['merchant_id']} was refused with {row['no_status']} "
            f"{row['no_code']} by {clock(evidence, row['done_us'])}, but left {some(sorted(row['places']))}",
            size=1 + len(row["places"]),
        )
        for row in rows
    ]


def _by_correlation(evidence: Evidence) -> list[Violation]:
    """Refusals that no reference can tell apart (malformed requests): joined on the correlation id of the request."""
    rows = evidence.rows(
        f"""
        WITH suspects AS (
            SELECT DISTINCT correlation_id FROM history
            SEMI JOIN operations USING (correlation_id)
            WHERE kind IN {WRITES} AND correlation_id <> '' AND {_REFUSED}
        ), refused AS (
            SELECT correlation_id, max(op) AS op, max(merchant_id) AS merchant_id, max(http_status) AS no_status,
                max(error_code) AS no_code
            FROM history SEMI JOIN suspects USING (correlation_id) WHERE kind IN {WRITES} GROUP BY correlation_id
            HAVING bool_and({_REFUSED})
        )
        SELECT r.op AS subject, r.*, o.operation_id, o.reference, o.amount_minor, o.currency
        FROM refused r JOIN operations o ON o.correlation_id = r.correlation_id
        WHERE r.no_status <> 503 OR NOT ({_BEGUN})
        """
    )
    return [
        violation(
            row,
            f"request {row['subject']} of {row['merchant_id']} was refused with {row['no_status']} {row['no_code']}, "
            f"but left operation {row['operation_id']} ({row['reference']})",
            size=2,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    found = _by_reference(evidence)
    known = {item.reference for item in found}
    return found + [item for item in _by_correlation(evidence) if item.reference not in known]


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM history WHERE kind IN {WRITES} AND {_REFUSED}")


INVARIANT = Invariant(
    id="I40",
    sentence="A refused operation leaves database, ledger and gateways untouched.",
    kind="safety",
    needs=("history", "payments", "operations", "refunds", "gateway_charges", "gateway_movements"),
    spares=("refunds",),
    witness=Witness("requests that were refused", 5, _count),
    violations=_violations,
    whole=True,
)
