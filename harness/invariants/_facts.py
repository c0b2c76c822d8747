"""Intermediate results that several invariants share, each computed once for a run and kept as a table.

Everything is joined on our own ids: the merchant's reference of the logical payment, and the operation and attempt ids
that travel in the gateways' metadata.
"""

from harness.core.evidence import Evidence

WRITES = "('create', 'capture', 'void', 'refund')"
"""Kinds of client operations that move money."""

PAID = "('authorized', 'partially_captured', 'captured', 'partially_refunded', 'refunded')"
"""Statuses that tell the merchant: the shopper's money is held or taken."""

STORED = "(http_status IN (200, 201, 202, 402) OR replayed OR (http_status >= 500 AND got_payment_id IS NOT NULL))"
"""Answers that belong to their key for good: whatever may have had an effect."""

TRANSIENT = (
    "(http_status IN (401, 429) OR (http_status = 409 AND error_code LIKE '%in_use%') "
    "OR (http_status = 503 AND got_payment_id IS NULL))"
)
"""Answers that say `not now`: they must leave the key free."""


def intents(evidence: Evidence) -> str:
    """Return the table of logical intents: one row for each (merchant_id, kind, reference) that clients sent.

    `oks`, `unknowns`, `failures` count its attempts by outcome. `failed` is true where the last word that the client
    got is a definite no: nothing but refusals, or a final no that came after every doubt.
    """
    return evidence.derive(
        "client_intents",
        f"""
        WITH sent AS (
            SELECT merchant_id, kind, reference, count(*) AS sends,
                count(*) FILTER (outcome = 'OK') AS oks,
                count(*) FILTER (outcome = 'UNKNOWN') AS unknowns,
                count(*) FILTER (outcome = 'FAILED') AS failures,
                max(sent_us) FILTER (outcome = 'UNKNOWN') AS doubt_us,
                max(sent_us) FILTER (outcome = 'FAILED'
                    AND (http_status = 402 OR replayed OR got_payment_id IS NOT NULL)) AS final_no_us,
                max(http_status) FILTER (outcome = 'FAILED') AS no_status,
                max(error_code) FILTER (outcome = 'FAILED') AS no_code,
                max(amount_minor) AS amount_minor, any_value(currency) AS currency, max(exponent) AS exponent,
                any_value(payment_id) AS payment_id,
                any_value(got_payment_id) FILTER (outcome = 'OK') AS ok_payment_id,
                any_value(got_status) FILTER (outcome = 'OK') AS ok_status,
                min(sent_us) AS sent_us, max(done_us) AS done_us
            FROM history WHERE kind IN {WRITES} AND reference <> '' GROUP BY merchant_id, kind, reference
        )
        SELECT *, (oks = 0 AND failures > 0
            AND (unknowns = 0 OR coalesce(final_no_us > doubt_us, false))) AS failed FROM sent
        """,
    )


def moves(evidence: Evidence) -> str:
    """Return the gateways' captures, voids and refunds, each with `intent`: the reference of what asked for it.

    `op_kind` is the kind of our operation; `reversal` marks refunds that no merchant asked for: the system giving back
    what it took once too often.
    """
    return evidence.derive(
        "money_moves",
        f"""
        SELECT m.gateway, m.movement_id, m.charge_id, m.kind, m.operation_id, m.attempt_id,
            coalesce(nullif(m.payment_id, ''), o.payment_id) AS payment_id, m.merchant_id,
            m.amount_minor, m.currency, m.at_us, coalesce(nullif(o.reference, ''), m.reference) AS intent,
            o.kind AS op_kind,
            (m.kind IN ('refund', 'refund_failed') AND asked.reference IS NULL
                AND coalesce(o.kind, '') <> 'refund') AS reversal
        FROM gateway_movements m
        LEFT JOIN operations o ON o.operation_id = m.operation_id
        LEFT JOIN (SELECT merchant_id, reference FROM {intents(evidence)} WHERE kind = 'refund') asked
            ON m.kind IN ('refund', 'refund_failed')
            AND asked.merchant_id = m.merchant_id AND asked.reference = m.reference
        WHERE m.kind IN ('capture', 'void', 'refund', 'refund_failed')
        """,
    )


def charges(evidence: Evidence) -> str:
    """Return executed charges with `kept`: the gateway still holds or has taken the money.

    A charge that was voided, or that the system (not the merchant) refunded in full, is not kept. A charge without a
    merchant, reference or payment of its own has its operation's; `''` where that tells none either.
    """
    return evidence.derive(
        "executed_charges",
        f"""
        WITH given_back AS (
            SELECT gateway, charge_id,
                sum(CASE kind WHEN 'refund' THEN amount_minor ELSE -amount_minor END) AS reversed_minor
            FROM {moves(evidence)} WHERE reversal GROUP BY gateway, charge_id
        )
        SELECT c.gateway, c.charge_id, c.operation_id, c.attempt_id, c.amount_minor,
            coalesce(nullif(c.merchant_id, ''), o.merchant_id, '') AS merchant_id,
            coalesce(nullif(c.reference, ''), o.reference, '') AS reference,
            coalesce(nullif(c.payment_id, ''), o.payment_id, '') AS payment_id,
            c.currency, c.status, c.captured_minor, c.created_at_us, coalesce(g.reversed_minor, 0) AS reversed_minor,
            (c.status <> 'voided'
                AND NOT (c.captured_minor > 0 AND coalesce(g.reversed_minor, 0) >= c.captured_minor)) AS kept
        FROM gateway_charges c LEFT JOIN given_back g ON g.gateway = c.gateway AND g.charge_id = c.charge_id
        LEFT JOIN operations o ON o.operation_id = c.operation_id
        WHERE c.executed
        """,
    )


def charged(evidence: Evidence) -> str:
    """Return the charged logical payments: `executed` and `kept` charges for each (merchant_id, reference)."""
    return evidence.derive(
        "charged_references",
        f"""
        SELECT merchant_id, reference, count(*) AS executed, count(*) FILTER (kept) AS kept
        FROM {charges(evidence)} GROUP BY merchant_id, reference
        """,
    )


def roamers(evidence: Evidence) -> str:
    """Return the operations that were tried at more than one gateway, by our attempts or by the gateways' calls."""
    return evidence.derive(
        "roaming_operations",
        """
        SELECT operation_id FROM (
            SELECT operation_id, gateway FROM attempts
            UNION ALL SELECT operation_id, gateway FROM gateway_calls
        ) WHERE operation_id <> '' GROUP BY operation_id HAVING min(gateway) <> max(gateway)
        """,
    )


def keyed(evidence: Evidence) -> str:
    """Return the part of the history that says anything about keys: keys sent more than once, or answered by a replay.

    Every other key was sent once and answered once; leaving those out keeps all questions about keys small.
    """
    return evidence.derive(
        "keyed_history",
        f"""
        WITH often AS (
            SELECT idempotency_key FROM history WHERE kind IN {WRITES} AND idempotency_key <> ''
            GROUP BY idempotency_key HAVING count(*) > 1 OR bool_or(replayed)
        )
        SELECT h.* FROM history h SEMI JOIN often k ON k.idempotency_key = h.idempotency_key WHERE h.kind IN {WRITES}
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
