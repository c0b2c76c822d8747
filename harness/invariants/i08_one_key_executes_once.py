"""I8: a key is a promise of once, however many requests race under it."""

from collections.abc import Sequence
from dataclasses import replace

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Money, Violation, Witness
from harness.invariants._facts import charges, intents, moves, repeated
from harness.invariants._keys import STORED, final, keyed
from harness.invariants._telling import money, some, violation


def _keys_of_references(evidence: Evidence) -> str:
    """Return the key that each of the clients' references was sent under: what is told of either is one finding."""
    return evidence.derive(
        "keys_of_references",
        f"""
        SELECT merchant_id, reference, min(idempotency_key) AS idempotency_key FROM {keyed(evidence)} k
        ANTI JOIN {repeated(evidence)} r ON r.merchant_id = k.merchant_id AND r.reference = k.reference
        WHERE reference <> '' GROUP BY merchant_id, reference
        """,
    )


def _charged_too_often(evidence: Evidence) -> dict[tuple[str, str, str], int]:
    """Return what the ledgers say was charged under each (merchant, key) beyond its first charge, by currency."""
    rows = evidence.rows(
        f"""
        SELECT merchant_id, idempotency_key, currency, sum(amount_minor) AS extra_minor FROM (
            SELECT c.merchant_id, k.idempotency_key, c.currency, c.amount_minor, row_number() OVER (
                PARTITION BY c.merchant_id, k.idempotency_key ORDER BY c.created_at_us, c.charge_id) AS place
            FROM {charges(evidence)} c JOIN {_keys_of_references(evidence)} k
                ON k.merchant_id = c.merchant_id AND k.reference = c.reference
            WHERE c.kept
        ) WHERE place > 1 GROUP BY merchant_id, idempotency_key, currency
        """
    )
    return {(row["merchant_id"], row["idempotency_key"], row["currency"]): row["extra_minor"] for row in rows}


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
        SELECT merchant_id, idempotency_key AS subject, 'key' AS what, idempotency_key AS key,
            max(reference) AS reference,
            max(currency) AS currency, sum(amount_minor) - max(amount_minor) AS amount_minor, list(operation_id) AS ids
        FROM operations SEMI JOIN keys ON key = hash(merchant_id, idempotency_key) WHERE kind <> 'reversal'
            AND idempotency_key <> '' GROUP BY merchant_id, idempotency_key HAVING count(*) > 1
        UNION ALL
        SELECT merchant_id, reference, kind, min(nullif(idempotency_key, '')), reference, max(currency),
            sum(amount_minor) - max(amount_minor),
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
            sum_of=row["key"],
        )
        for row in rows
    ]


def _replies(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT merchant_id, idempotency_key AS subject, max(reference) AS reference, max(currency) AS currency,
            count(*) FILTER (NOT replayed AND {final(evidence)}) AS fresh,
            count(DISTINCT got_payment_id) FILTER (kind = 'create') AS payments,
            list(DISTINCT got_payment_id) FILTER (kind = 'create') AS ids
        FROM {keyed(evidence)} WHERE {STORED} GROUP BY merchant_id, idempotency_key
        HAVING count(*) FILTER (NOT replayed AND {final(evidence)}) > 1
            OR min(got_payment_id) FILTER (kind = 'create') <> max(got_payment_id) FILTER (kind = 'create')
        """
    )
    extra = _charged_too_often(evidence) if rows else {}
    return [
        violation(
            row,
            f"key {row['subject']} of {row['merchant_id']} ({row['reference']}) got {row['fresh']} fresh replies"
            + (f" about the payments {some(sorted(filter(None, row['ids'])))}" if row["payments"] > 1 else ""),
            amount_minor=extra.get((row["merchant_id"], row["subject"], row["currency"]), 0),
            size=max(row["fresh"], row["payments"]),
            sum_of=row["subject"],
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
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    """Return one violation for each key, whatever it is told by: its operations, its replies, what gateways did."""
    told = [*_operations(evidence), *_replies(evidence), *_repeated_moves(evidence)]
    keys = _keys_by_reference(evidence) if any(not item.sum_of for item in told) else {}
    found: dict[str, Violation] = {}
    for item in told:
        key = item.sum_of or keys.get(item.subject, item.subject)
        first = found.setdefault(key, item)
        found[key] = replace(first, money=_most(first.money, item.money), sum_of=key)
    return list(found.values())


def _keys_by_reference(evidence: Evidence) -> dict[str, str]:
    rows = evidence.rows(f"SELECT reference, idempotency_key FROM {_keys_of_references(evidence)}")
    return {row["reference"]: row["idempotency_key"] for row in rows}


def _most(one: Money, other: Money) -> Money:
    """Return the larger sum in each currency: what several places tell of one key is the same money."""
    return {currency: max(one.get(currency, 0), other.get(currency, 0)) for currency in sorted({*one, *other})}


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
