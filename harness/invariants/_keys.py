"""The part of the history that says something about idempotency keys, shared by the invariants about keys."""

from harness.core.evidence import Evidence
from harness.invariants._facts import WRITES

STORED = "(http_status IN (200, 201, 202, 402) OR replayed OR (http_status >= 500 AND got_payment_id IS NOT NULL))"
"""Answers that belong to their key for good: whatever may have had an effect."""

_DECIDED = STORED.replace("202, ", "").replace("OR replayed", "OR (replayed AND http_status IS DISTINCT FROM 202)")

TRANSIENT = (
    "(http_status IN (401, 429) OR (http_status = 409 AND error_code LIKE '%in_use%') "
    "OR (http_status = 503 AND got_payment_id IS NULL))"
)
"""Answers that say `not now`: they must leave the key free."""

_KEYED = (
    "h.op, h.attempt, h.kind, h.merchant_id, h.idempotency_key, h.payload_hash, h.reference, h.amount_minor, "
    "h.currency, h.sent_us, h.done_us, h.outcome, h.http_status, h.error_code, h.replayed, h.body_sha256, "
    "h.got_payment_id"
)
"""Columns that say something about keys; the others would only make the table of them big."""


def final(evidence: Evidence) -> str:
    """Return the condition of answers that all later ones under their key must repeat.

    Our own API stores a 202 like any other answer. Of a system that is not ours it is its adapter's PENDING, which says
    "not decided yet": it may come any number of times, until the first answer that decides (`core.adapter.Word`).
    """
    return _DECIDED if evidence.from_outside else STORED


def keyed(evidence: Evidence) -> str:
    """Return the part of the history that says anything about keys: keys sent more than once, or answered by a replay.

    Every other key was sent once and answered once; leaving those out keeps all questions about keys small.
    """
    return evidence.derive(
        "keyed_history",
        f"""
        WITH often AS (
            SELECT hash(idempotency_key) AS key FROM history WHERE kind IN {WRITES} AND idempotency_key <> ''
            GROUP BY key HAVING count(*) > 1 OR bool_or(replayed)
        )
        SELECT {_KEYED} FROM history h SEMI JOIN often k ON k.key = hash(h.idempotency_key)
        WHERE h.kind IN {WRITES} AND h.idempotency_key <> ''
        """,
    )


def reused_keys(evidence: Evidence) -> str:
    """Return the (merchant_id, idempotency_key) that were sent with more than one payload."""
    return evidence.derive(
        "keys_with_payloads",
        f"""
        SELECT merchant_id, idempotency_key FROM {keyed(evidence)} WHERE payload_hash <> ''
        GROUP BY merchant_id, idempotency_key HAVING min(payload_hash) <> max(payload_hash)
        """,
    )


def shared_keys(evidence: Evidence) -> str:
    """Return the idempotency keys that more than one merchant used."""
    return evidence.derive(
        "keys_of_merchants",
        f"""
        SELECT idempotency_key FROM {keyed(evidence)}
        GROUP BY idempotency_key HAVING min(merchant_id) <> max(merchant_id)
        """,
    )
