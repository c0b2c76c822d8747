"""I11: two merchants may pick the same key without ever hearing of each other."""

from collections.abc import Sequence

from harness.core.evidence import SECOND_MERCHANT, Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._keys import keyed, shared_keys
from harness.invariants._telling import first_of_each, violation


def _strangers(evidence: Evidence) -> list[Violation]:
    """An answer that belongs to another merchant."""
    rows = evidence.rows(
        """
        SELECT op AS subject, op, kind, reference, merchant_id, idempotency_key, got_payment_id, got_merchant_id,
            amount_minor, currency FROM history
        WHERE got_merchant_id <> '' AND merchant_id <> '' AND got_merchant_id <> merchant_id
        """
    )
    return [
        violation(
            row,
            f"{row['kind']} {row['reference'] or row['op']} of {row['merchant_id']} under key {row['idempotency_key']} "
            f"was answered with payment {row['got_payment_id']} of {row['got_merchant_id']}",
            size=2,
            sum_of=row["reference"],
            seen_in="answers",
        )
        for row in rows
    ]


def _sides(evidence: Evidence) -> str:
    """Return one row for each (key, merchant) of the keys that several merchants used."""
    return evidence.derive(
        "sides_of_shared_keys",
        f"""
        SELECT h.idempotency_key, h.merchant_id, max(h.reference) AS reference, max(h.amount_minor) AS amount_minor,
            max(h.currency) AS currency, count(*) FILTER (h.outcome = 'OK') AS oks,
            max(h.got_payment_id) FILTER (h.outcome = 'OK' AND h.kind = 'create') AS payment_id,
            max(h.body_sha256) FILTER (h.outcome = 'OK') AS body,
            count(DISTINCT h.payload_hash) AS payloads,
            count(*) FILTER (h.http_status = 422 AND h.error_code = 'idempotency_key_reused') AS taken
        FROM {keyed(evidence)} h SEMI JOIN {shared_keys(evidence)} k ON k.idempotency_key = h.idempotency_key
        GROUP BY h.idempotency_key, h.merchant_id
        """,
    )


def _mixed(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT s.idempotency_key AS subject, s.*, o.operations,
            count(*) FILTER (s.oks > 0) OVER side AS served,
            min(s.payment_id) OVER side = max(s.payment_id) OVER side AS same_payment,
            min(s.body) OVER side = max(s.body) OVER side AS same_body
        FROM {_sides(evidence)} s LEFT JOIN (
            SELECT merchant_id, idempotency_key, count(*) AS operations FROM operations
            SEMI JOIN {shared_keys(evidence)} USING (idempotency_key) GROUP BY ALL
        ) o ON o.merchant_id = s.merchant_id AND o.idempotency_key = s.idempotency_key
        WINDOW side AS (PARTITION BY s.idempotency_key)
        QUALIFY (served > 1 AND (same_payment OR same_body)) OR (taken > 0 AND payloads = 1)
            OR (oks > 0 AND payment_id <> '' AND o.operations IS NULL
                AND (SELECT count(*) FROM operations WHERE idempotency_key <> '') > 0)
        """
    )
    found = []
    for row in rows:
        key = f"key {row['subject']}, used by several merchants,"
        if row["taken"] and row["payloads"] == 1:
            what = f"{key} was refused to {row['merchant_id']} ({row['reference']}) as reused by another payload"
        elif row["served"] > 1 and (row["same_payment"] or row["same_body"]):
            what = f"{key} answered them with one and the same payment {row['payment_id']}"
        else:
            what = f"{key} was answered OK to {row['merchant_id']} ({row['reference']}) without an operation of its own"
        found.append(violation(row, what, size=2, sum_of=row["reference"], seen_in="keys"))
    return found


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_mixed(evidence), *_strangers(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"""
        SELECT count(*) FROM (
            SELECT idempotency_key FROM {_sides(evidence)} WHERE oks > 0 OR taken > 0
            GROUP BY idempotency_key HAVING count(*) > 1
        )
        """
    )


INVARIANT = Invariant(
    id="I11",
    sentence="The same key at two merchants is two operations; nothing of one reaches the other.",
    kind="safety",
    needs=("history", SECOND_MERCHANT, "operations"),
    witness=Witness("keys that two merchants used and both got an answer for", 2, _count),
    violations=_violations,
    whole=True,
)
