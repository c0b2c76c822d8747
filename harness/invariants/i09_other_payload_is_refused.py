"""I9: a key belongs to the first payload that used it."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._keys import STORED, keyed, reused_keys
from harness.invariants._telling import first_of_each, some, violation


def _payloads(evidence: Evidence) -> str:
    return evidence.derive(
        "payloads_of_reused_keys",
        f"""
        SELECT h.merchant_id, h.idempotency_key, h.payload_hash, max(h.reference) AS reference,
            max(h.amount_minor) AS amount_minor, max(h.currency) AS currency, max(h.op) AS op,
            count(*) FILTER ({STORED} AND coalesce(error_code, '') <> 'idempotency_key_reused') AS accepted,
            count(*) FILTER (http_status = 422) AS refused,
            count(*) FILTER (outcome <> 'FAILED') AS unrefused
        FROM {keyed(evidence)} h SEMI JOIN {reused_keys(evidence)} k
            ON k.merchant_id = h.merchant_id AND k.idempotency_key = h.idempotency_key
        WHERE h.payload_hash <> '' GROUP BY h.merchant_id, h.idempotency_key, h.payload_hash
        """,
    )


def _accepted(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT merchant_id, idempotency_key AS subject, max(reference) AS reference, max(currency) AS currency,
            max(amount_minor) AS amount_minor, list(reference) AS ids
        FROM {_payloads(evidence)} WHERE accepted > 0
        GROUP BY merchant_id, idempotency_key HAVING count(*) > 1
        """
    )
    return [
        violation(
            row,
            f"key {row['subject']} of {row['merchant_id']} was accepted with {len(row['ids'])} different payloads: "
            f"{some(sorted(filter(None, row['ids'])))}",
            size=len(row["ids"]),
        )
        for row in rows
    ]


def _traces(evidence: Evidence) -> list[Violation]:
    """A payload that was refused, and never answered otherwise, must have left nothing anywhere."""
    rows = evidence.rows(
        f"""
        WITH refused AS (
            SELECT * FROM {_payloads(evidence)} WHERE refused > 0 AND accepted = 0 AND unrefused = 0
                AND reference <> ''
        ), traces AS (
            SELECT merchant_id, reference, 'the database' AS place, operation_id AS id FROM operations
            UNION ALL SELECT merchant_id, reference, 'the database', payment_id FROM payments
            UNION ALL SELECT merchant_id, reference, gateway, charge_id FROM gateway_charges
        )
        SELECT r.idempotency_key AS subject, r.*, list(t.place || ' (' || t.id || ')') AS places
        FROM refused r JOIN traces t ON t.merchant_id = r.merchant_id AND t.reference = r.reference
        GROUP BY ALL
        """
    )
    return [
        violation(
            row,
            f"key {row['subject']} of {row['merchant_id']} was refused for another payload ({row['reference']}), "
            f"but that payload is in {some(sorted(row['places']))}",
            size=1 + len(row["places"]),
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_accepted(evidence), *_traces(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {_payloads(evidence)} WHERE refused > 0 AND accepted = 0")


INVARIANT = Invariant(
    id="I9",
    sentence="A reused key with another payload is refused and changes nothing.",
    kind="safety",
    needs=("history", "operations", "payments", "gateway_charges"),
    spares=("operations", "payments"),
    witness=Witness("keys that were reused with another payload and refused", 3, _count),
    violations=_violations,
)
