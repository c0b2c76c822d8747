"""Intermediate results that several invariants share, each computed once for a run and kept as a table.

Everything is joined on our own ids: the merchant's reference of the logical payment, and the operation and attempt ids
that travel in the gateways' metadata.
"""

from harness.core.evidence import Evidence
from harness.invariants._intents import of_attempts, of_one_attempt

WRITES = "('create', 'capture', 'void', 'refund')"
"""Kinds of client operations that move money."""

SHOW = "('create', 'capture', 'void', 'get', 'list', 'final_read')"
"""Kinds of client operations whose answers show a payment; of a list, the one that its client looked for."""

PAID = "('authorized', 'partially_captured', 'captured', 'partially_refunded', 'refunded')"
"""Statuses that tell the merchant: the shopper's money is held or taken."""

_NAMED = "coalesce(c.merchant_id <> '' AND c.reference <> '' AND c.payment_id <> '', false)"
"""Charges that tell themselves what they are for."""


def intents(evidence: Evidence) -> str:
    """Return the table of logical intents: one row for each (merchant_id, kind, reference) that clients sent.

    `oks`, `unknowns`, `failures` count its attempts by outcome. `failed` is true where the last word that the client
    got is a definite no: nothing but refusals, or a final no that came after every doubt.
    """
    return evidence.derive(
        "client_intents",
        f"""
        WITH writes AS NOT MATERIALIZED (
            SELECT *, hash(merchant_id, kind, reference) AS intent
            FROM history WHERE kind IN {WRITES} AND reference <> ''
        ), often AS (SELECT intent FROM writes GROUP BY intent HAVING count(*) > 1),
        sent AS (
            SELECT merchant_id, kind, reference, {of_one_attempt()} FROM writes ANTI JOIN often USING (intent)
            UNION ALL
            SELECT merchant_id, kind, reference, {of_attempts()} FROM writes SEMI JOIN often USING (intent)
            GROUP BY merchant_id, kind, reference
        )
        SELECT *, (oks = 0 AND failures > 0
            AND (unknowns = 0 OR coalesce(final_no_us > doubt_us, false))) AS failed FROM sent
        """,
    )


def differing_answers(evidence: Evidence) -> str:
    """Return the answers about payments that are not simply what the database says about that payment at the end.

    All other answers show the payment's merchant, version, status, amount and currency of now, and no more captured.
    """
    return evidence.derive(
        "differing_answers",
        f"""
        SELECT h.kind, h.merchant_id, h.reference, h.done_us, h.http_status, h.got_payment_id, h.got_status,
            h.got_version, h.got_amount_minor, h.got_currency, h.got_captured_minor
        FROM history h ANTI JOIN (
            SELECT captured_minor, hash(payment_id, status, version, merchant_id, amount_minor, currency) AS said
            FROM payments
        ) p ON p.captured_minor >= coalesce(h.got_captured_minor, 0) AND p.said = hash(h.got_payment_id, h.got_status,
            h.got_version, h.merchant_id, h.got_amount_minor, h.got_currency)
        WHERE h.got_payment_id <> '' AND h.kind IN {SHOW}
        """,
    )


def moves(evidence: Evidence) -> str:
    """Return the gateways' captures, voids, refunds and disputes, each with `intent`: the reference it was asked under.

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
        WHERE m.kind IN ('capture', 'void', 'refund', 'refund_failed', 'dispute', 'dispute_fee', 'dispute_reversal')
        """,
    )


def failed_refunds(evidence: Evidence) -> str:
    """Return the refunds that their gateway took back: one row for each (gateway, attempt_id) with its moment."""
    return evidence.derive(
        "failed_refunds",
        """
        SELECT gateway, attempt_id, any_value(operation_id) AS operation_id, any_value(merchant_id) AS merchant_id,
            any_value(reference) AS reference, min(at_us) AS at_us
        FROM gateway_movements WHERE kind = 'refund_failed' GROUP BY gateway, attempt_id
        """,
    )


def lapsed_holds(evidence: Evidence) -> str:
    """Return the holds that ended at a gateway by nobody's call: their time was over, or somebody there let go.

    Our own voids carry our attempt's id in the ledger, and the gateway's key of the call.
    """
    return evidence.derive(
        "lapsed_holds",
        """
        SELECT gateway, charge_id, payment_id, kind, at_us FROM gateway_movements
        WHERE kind = 'expire' OR (kind = 'void' AND attempt_id = '' AND gateway_key = '')
        """,
    )


def charges(evidence: Evidence) -> str:
    """Return executed charges with `kept`: the gateway still holds or has taken the money.

    A charge that was voided, whose hold expired, or that the system (not the merchant) refunded in full, is not kept.
    One without a merchant, reference or payment of its own has its operation's; `''` where that tells none either.
    """
    return evidence.derive(
        "executed_charges",
        f"""
        WITH given_back AS (
            SELECT gateway, charge_id,
                sum(CASE kind WHEN 'refund' THEN amount_minor ELSE -amount_minor END) AS reversed_minor
            FROM {moves(evidence)} WHERE reversal GROUP BY gateway, charge_id
        ), named AS (
            SELECT c.* FROM gateway_charges c WHERE c.executed AND {_NAMED}
            UNION ALL
            SELECT c.* REPLACE (
                coalesce(nullif(c.merchant_id, ''), o.merchant_id, '') AS merchant_id,
                coalesce(nullif(c.reference, ''), o.reference, '') AS reference,
                coalesce(nullif(c.payment_id, ''), o.payment_id, '') AS payment_id)
            FROM gateway_charges c LEFT JOIN operations o ON o.operation_id = c.operation_id
            WHERE c.executed AND NOT {_NAMED}
        )
        SELECT c.gateway, c.charge_id, c.operation_id, c.attempt_id, c.amount_minor, c.merchant_id, c.reference,
            c.payment_id, c.currency, c.status, c.captured_minor, c.created_at_us,
            coalesce(g.reversed_minor, 0) AS reversed_minor, (c.status NOT IN ('voided', 'expired')
                AND NOT (c.captured_minor > 0 AND coalesce(g.reversed_minor, 0) >= c.captured_minor)) AS kept
        FROM named c LEFT JOIN given_back g ON g.gateway = c.gateway AND g.charge_id = c.charge_id
        """,
    )


def repeated(evidence: Evidence) -> str:
    """Return the references that clients used again on purpose, at a merchant that allows it.

    One row for each (merchant_id, kind, reference); `times` is how many payments or refunds it stands for: one for each
    key. Everywhere else a reference stands for one logical payment, whatever keys it came under.
    """
    return evidence.derive(
        "repeated_references",
        f"""
        SELECT merchant_id, kind, reference, count(DISTINCT idempotency_key) AS times FROM history
        WHERE flow = 'repeated_reference' AND kind IN {WRITES} AND reference <> ''
        GROUP BY merchant_id, kind, reference HAVING count(DISTINCT idempotency_key) > 1
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
    """Return the operations that were tried at more than one gateway, by our attempts or by the gateways' calls.

    Whoever was at two gateways was at one that is not the usual one, so only those are looked at.
    """
    return evidence.derive(
        "roaming_operations",
        """
        WITH tries AS NOT MATERIALIZED (
            SELECT operation_id, gateway FROM attempts
            UNION ALL SELECT operation_id, gateway FROM gateway_calls
        ), away AS (
            SELECT DISTINCT operation_id FROM tries
            WHERE operation_id <> '' AND gateway IS DISTINCT FROM (SELECT mode(gateway) FROM attempts)
        )
        SELECT operation_id FROM tries SEMI JOIN away USING (operation_id)
        GROUP BY operation_id HAVING min(gateway) <> max(gateway)
        """,
    )
