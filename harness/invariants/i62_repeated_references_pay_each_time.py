"""I62: where a merchant's references may repeat, the key alone says what is the same request.

That is how gateways have it: an Idempotency-Key tells a retry from a second charge, and metadata such as an order's
number may be on as many as one likes (docs.stripe.com/api/idempotent_requests and /metadata; looked up on 2026-12-01).
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.core.plain import Row
from harness.invariants._facts import charges, repeated
from harness.invariants._telling import first_of_each, some, violation
from harness.invariants.i48_references_pay_once import CODE

_ASKED = "flow = 'repeated_reference' AND kind IN ('create', 'refund') AND reference <> ''"
"""What clients sent under one reference and several keys, at a merchant that they know to allow it."""


def _refused(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(f"SELECT op AS subject, * FROM history WHERE {_ASKED} AND error_code = '{CODE}'")
    return [
        violation(row, f"{row['kind']} {row['reference']} of {row['merchant_id']}, whose references may repeat, was "
                  f"refused for its reference (key {row['idempotency_key']})", sum_of=_sum(row), seen_in="answers")
        for row in rows
    ]  # fmt: skip


def _merged(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT CASE kind WHEN 'refund' THEN got_refund_id ELSE got_payment_id END AS subject, kind, merchant_id,
            reference, max(amount_minor) * (count(DISTINCT idempotency_key) - 1) AS amount_minor,
            max(currency) AS currency, list(DISTINCT idempotency_key) AS keys
        FROM history WHERE {_ASKED} AND outcome = 'OK' GROUP BY subject, kind, merchant_id, reference
        HAVING subject <> '' AND count(DISTINCT idempotency_key) > 1
        """
    )
    return [
        violation(row, f"{row['kind']} {row['reference']} of {row['merchant_id']}, whose references may repeat, was "
                  f"asked for under {len(row['keys'])} keys ({some(sorted(row['keys']))}), and all were answered with "
                  f"{row['subject']}", size=len(row["keys"]), sum_of=_sum(row), seen_in="answers")
        for row in rows
    ]  # fmt: skip


def _missing(evidence: Evidence) -> list[Violation]:
    """More payments were confirmed under a reference than the gateways ever charged for it."""
    rows = evidence.rows(
        f"""
        WITH told AS (
            SELECT merchant_id, reference, count(DISTINCT idempotency_key) AS told, max(amount_minor) AS amount_minor,
                max(currency) AS currency
            FROM history WHERE {_ASKED} AND kind = 'create' AND outcome = 'OK' GROUP BY merchant_id, reference
        ), made AS (SELECT merchant_id, reference, count(*) AS made FROM {charges(evidence)} GROUP BY ALL)
        SELECT t.reference AS subject, t.* REPLACE (t.amount_minor * (t.told - coalesce(m.made, 0)) AS amount_minor),
            coalesce(m.made, 0) AS made
        FROM told t LEFT JOIN made m ON m.merchant_id = t.merchant_id AND m.reference = t.reference
        WHERE coalesce(m.made, 0) < t.told
        """
    )
    return [
        violation(row, f"{row['told']} payments {row['reference']} of {row['merchant_id']} were confirmed, and the "
                  f"gateways have {row['made']} charges for them", size=row["told"], sum_of=_sum(row),
                  seen_in="charges")
        for row in rows
    ]  # fmt: skip


def _sum(row: Row) -> str:
    """Return which sum of money is meant: what the answers lack, the gateways lack too."""
    return f"{row['merchant_id']} {row['reference']}"


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_refused(evidence), *_merged(evidence), *_missing(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"""
        SELECT count(*) FROM (
            SELECT 1 FROM history h JOIN {repeated(evidence)} r USING (merchant_id, kind, reference)
            WHERE h.outcome = 'OK' GROUP BY merchant_id, kind, reference HAVING count(DISTINCT h.idempotency_key) > 1)
        """
    )


INVARIANT = Invariant(
    id="I62",
    sentence="Where a merchant's references may repeat, each key under one of them is a payment, or a refund, of "
    "its own.",
    kind="safety",
    needs=("history", "gateway_charges", "gateway_movements", "operations"),
    witness=Witness("references that were used again, and paid each time", 2, _count),
    violations=_violations,
)
