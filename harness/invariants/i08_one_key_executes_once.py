"""I8: a key is a promise of once, however many requests race under it."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import intents, moves, repeated
from harness.invariants._keys import STORED, keyed
from harness.invariants._telling import first_of_each, money, some, violation

_TAKEN = "kind <> 'reversal' AND state NOT IN ('declined', 'failed')"
"""An operation that came to nothing leaves its reference free: whoever asks under another key then is served once."""


def _operations(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        WITH keys AS (
            SELECT hash(merchant_id, idempotency_key) AS key FROM operations
            WHERE idempotency_key <> '' AND kind <> 'reversal' GROUP BY key HAVING count(*) > 1
        ), wishes AS (
            SELECT hash(merchant_id, reference, kind) AS wish FROM operations
            WHERE reference <> '' AND {_TAKEN} GROUP BY wish HAVING count(*) > 1
        )
        SELECT merchant_id, idempotency_key AS subject, 'key' AS what, max(reference) AS reference,
            max(currency) AS currency, sum(amount_minor) - max(amount_minor) AS amount_minor, list(operation_id) AS ids
        FROM operations SEMI JOIN keys ON key = hash(merchant_id, idempotency_key) WHERE kind <> 'reversal'
            AND idempotency_key <> '' GROUP BY merchant_id, idempotency_key HAVING count(*) > 1
        UNION ALL
        SELECT merchant_id, reference, kind, reference, max(currency), sum(amount_minor) - max(amount_minor),
            list(operation_id)
        FROM operations o SEMI JOIN wishes ON wish = hash(merchant_id, reference, kind)
        ANTI JOIN {repeated(evidence)} r ON r.merchant_id = o.merchant_id AND r.reference = o.reference
            WHERE reference <> '' AND {_TAKEN} GROUP BY merchant_id, reference, kind HAVING count(*) > 1
        """
    )
    return [
        violation(
            row,
            f"{row['what']} {row['subject']} of {row['merchant_id']} ({row['reference']}) became {len(row['ids'])} "
            f"operations: {some(sorted(row['ids']))}",
            size=len(row["ids"]),
            sum_of=row["reference"],
            seen_in="key" if row["what"] == "key" else "wish",
        )
        for row in rows
    ]


def _replies(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT merchant_id, idempotency_key AS subject, max(reference) AS reference, max(currency) AS currency,
            max(amount_minor) AS amount_minor, count(*) FILTER (NOT replayed) AS fresh,
            count(DISTINCT got_payment_id) FILTER (kind = 'create') AS payments,
            list(DISTINCT got_payment_id) FILTER (kind = 'create') AS ids
        FROM {keyed(evidence)} WHERE {STORED} GROUP BY merchant_id, idempotency_key
        HAVING count(*) FILTER (NOT replayed) > 1
            OR min(got_payment_id) FILTER (kind = 'create') <> max(got_payment_id) FILTER (kind = 'create')
        """
    )
    return [
        violation(
            row,
            f"key {row['subject']} of {row['merchant_id']} ({row['reference']}) got {row['fresh']} fresh replies"
            + (f" about the payments {some(sorted(filter(None, row['ids'])))}" if row["payments"] > 1 else ""),
            size=max(row["fresh"], row["payments"]),
            sum_of=row["reference"],
            seen_in="replies",
        )
        for row in rows
    ]


def _repeated_moves(evidence: Evidence) -> list[Violation]:
    """One capture or refund that a merchant asked for, executed more than once at the gateways."""
    rows = evidence.rows(
        f"""
        WITH asked AS (
            SELECT merchant_id, reference, kind FROM {intents(evidence)} i ANTI JOIN {repeated(evidence)} r
                USING (merchant_id, reference, kind) WHERE kind IN ('capture', 'refund')
        ), told AS (
            SELECT merchant_id, intent, replace(kind, '_failed', '') AS kind,
                CASE kind WHEN 'refund_failed' THEN -1 ELSE 1 END AS times, movement_id, amount_minor, currency
            FROM {moves(evidence)} m SEMI JOIN asked a ON a.merchant_id = m.merchant_id AND a.reference = m.intent
                AND a.kind = replace(m.kind, '_failed', '')
            WHERE NOT reversal AND kind <> 'void'
        ), often AS (
            SELECT merchant_id, intent, kind FROM told GROUP BY merchant_id, intent, kind HAVING sum(times) > 1
        )
        SELECT t.merchant_id, t.intent AS subject, t.intent AS reference, t.kind, max(t.currency) AS currency,
            sum(t.amount_minor * t.times) - max(t.amount_minor) AS amount_minor, sum(t.times) AS times,
            list(t.movement_id) AS ids
        FROM told t SEMI JOIN often USING (merchant_id, intent, kind)
        GROUP BY t.merchant_id, t.intent, t.kind
        """
    )
    return [
        violation(
            row,
            f"{row['kind']} {row['reference']} of {row['merchant_id']} was executed {row['times']} times "
            f"({some(sorted(row['ids']))}): {money(row['amount_minor'], row['currency'])} too much",
            size=len(row["ids"]),
            sum_of=row["reference"],
            seen_in="gateways",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_operations(evidence), *_replies(evidence), *_repeated_moves(evidence)])


def _count(evidence: Evidence) -> int:
    """Count keys under which a request was sent while an earlier one had no answer yet."""
    return evidence.count(
        f"""
        WITH ordered AS (
            SELECT merchant_id, idempotency_key, sent_us, max(coalesce(done_us, sent_us)) OVER (
                PARTITION BY merchant_id, idempotency_key ORDER BY sent_us
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_done_us FROM {keyed(evidence)}
        )
        SELECT count(*) FROM (
            SELECT DISTINCT merchant_id, idempotency_key FROM ordered WHERE sent_us < earlier_done_us
        )
        """
    )


INVARIANT = Invariant(
    id="I8",
    sentence="One key executes once: one operation, and at most one fresh reply.",
    kind="safety",
    needs=("history", "replay_marks", "operations", "gateway_movements"),
    spares=("operations",),
    witness=Witness("keys under which requests raced", 2, _count),
    violations=_violations,
)
