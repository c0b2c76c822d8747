"""I48: where a merchant's references are unique, one of them pays once and gives back once, whatever the keys."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import first_of_each, some, violation

CODE = "merchant_reference_used"
"""The refusal that names the payment, or the refund, that has the reference already."""

_ASKED = "flow = 'same_reference' AND kind IN ('create', 'refund') AND reference <> ''"
"""What clients sent under one reference and several keys, at a merchant whose references they know to be unique."""


def _more_than_one(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        WITH asked AS (
            SELECT merchant_id, kind, reference, max(currency) AS currency, max(amount_minor) AS amount_minor
            FROM history WHERE {_ASKED} GROUP BY ALL
        ), stands AS (
            SELECT merchant_id, 'create' AS kind, reference, payment_id AS id FROM payments
            WHERE status NOT IN ('failed', 'canceled', 'expired')
            UNION ALL
            SELECT merchant_id, 'refund', reference, refund_id FROM refunds WHERE status <> 'failed'
        )
        SELECT a.reference AS subject, a.*, list(s.id) AS ids FROM asked a JOIN stands s
            ON s.merchant_id = a.merchant_id AND s.kind = a.kind AND s.reference = a.reference
        GROUP BY ALL HAVING count(*) > 1
        """
    )
    return [
        violation(
            row,
            f"{row['kind']} {row['reference']} of {row['merchant_id']}, whose references are unique, was carried out "
            f"{len(row['ids'])} times: {some(sorted(row['ids']))}",
            size=len(row["ids"]),
        )
        for row in rows
    ]


def _refused_for_nothing(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        WITH stands AS (
            SELECT merchant_id, 'create' AS kind, reference FROM payments
            UNION ALL SELECT merchant_id, 'refund', reference FROM refunds
        )
        SELECT h.op AS subject, h.merchant_id, h.kind, h.reference, h.currency, h.amount_minor FROM history h
        ANTI JOIN stands s ON s.merchant_id = h.merchant_id AND s.kind = h.kind AND s.reference = h.reference
        WHERE h.error_code = '{CODE}' AND h.reference <> ''
        """
    )
    return [
        violation(row, f"{row['kind']} {row['reference']} of {row['merchant_id']} was refused for its reference, "
                  "which nothing else has")
        for row in rows
    ]  # fmt: skip


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_more_than_one(evidence), *_refused_for_nothing(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM history WHERE {_ASKED} AND error_code = '{CODE}'")


INVARIANT = Invariant(
    id="I48",
    sentence="Where a merchant's references are unique, no two payments and no two refunds that stand share one.",
    kind="safety",
    needs=("history", "payments", "refunds"),
    witness=Witness("requests refused for a reference that was used", 3, _count),
    violations=_violations,
)
