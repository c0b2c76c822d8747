"""I61: of all who want to end a hold at once one does, the gateway's ledger says which, and the others are told why.

At either gateway a capture and a void exclude each other: Stripe cancels an intent only while nothing was captured
(docs.stripe.com/api/payment_intents/cancel), PayPal answers PREVIOUSLY_CAPTURED or AUTHORIZATION_VOIDED
(developer.paypal.com/docs/api/payments/v2); looked up on 2026-12-01.
"""

from collections.abc import Sequence
from typing import Any

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, some, violation


def _ends(evidence: Evidence) -> str:
    """Return the client operations that would have ended a hold, of payments that were asked for more than one."""
    return evidence.derive(
        "ends_of_holds",
        """
        WITH ends AS (
            SELECT payment_id, coalesce(idempotency_key, op) AS asked_as, kind, min(op) AS op,
                any_value(reference) AS reference, min(sent_us) AS sent_us,
                max(done_us) AS done_us, bool_or(outcome = 'OK') AS ok, bool_and(outcome = 'FAILED') AS no,
                max(http_status) AS http_status, coalesce(max(error_code), '') AS error_code,
                max(amount_minor) AS amount_minor, max(currency) AS currency
            FROM history WHERE kind IN ('capture', 'void') AND payment_id <> '' GROUP BY payment_id, asked_as, kind
        ), often AS (SELECT payment_id FROM ends GROUP BY payment_id HAVING count(*) > 1)
        SELECT e.* FROM ends e SEMI JOIN often o ON o.payment_id = e.payment_id
        """,
    )


def _twice(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT payment_id AS subject, any_value(reference) AS reference, list(kind || ' ' || op) AS done,
            max(amount_minor) AS amount_minor, max(currency) AS currency
        FROM {_ends(evidence)} WHERE ok GROUP BY payment_id HAVING count(*) > 1
        """
    )
    return [
        violation(row, f"the hold of payment {row['subject']} was ended {len(row['done'])} times, each with a yes: "
                  f"{some(sorted(row['done']))}", size=len(row["done"]), sum_of=row["subject"])
        for row in rows
    ]  # fmt: skip


def _otherwise(evidence: Evidence) -> list[Violation]:
    """A client was told one end, and the gateways' ledgers have the other."""
    rows = evidence.rows(
        f"""
        WITH ledger AS (
            SELECT payment_id, bool_or(kind = 'capture') AS captured, min(at_us) AS at_us,
                max(amount_minor) AS moved_minor, max(currency) AS moved_currency
            FROM gateway_movements WHERE kind IN ('capture', 'void', 'expire') AND payment_id <> '' GROUP BY payment_id
        )
        SELECT e.payment_id AS subject, e.* REPLACE (coalesce(e.amount_minor, l.moved_minor) AS amount_minor,
            coalesce(e.currency, l.moved_currency) AS currency), l.captured, l.at_us FROM {_ends(evidence)} e
        JOIN ledger l ON l.payment_id = e.payment_id
        WHERE e.ok AND (e.kind = 'capture') <> l.captured
        """
    )
    return [violation(row, _told(evidence, row), sum_of=row["subject"]) for row in rows]


def _told(evidence: Evidence, row: Any) -> str:
    there = f"{'captured' if row['captured'] else 'let go'} at {clock(evidence, row['at_us'])}"
    return (
        f"{row['kind']} {row['reference']} of payment {row['subject']} was answered with a yes at "
        f"{clock(evidence, row['done_us'])}, but at its gateway the money was {there}"
    )


def _without_reason(evidence: Evidence) -> list[Violation]:
    """A definite no that names no reason, or an internal error for one."""
    rows = evidence.rows(
        f"""
        SELECT op AS subject, * FROM {_ends(evidence)}
        WHERE no AND http_status IS NOT NULL AND (error_code = '' OR http_status = 500)
        """
    )
    return [
        violation(row, f"{row['kind']} {row['reference']} of payment {row['payment_id']} came too late and was told "
                  f"{row['http_status']} {row['error_code'] or 'without a reason'}")
        for row in rows
    ]  # fmt: skip


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_twice(evidence), *_otherwise(evidence), *_without_reason(evidence)])


def _count(evidence: Evidence) -> int:
    """Count payments of which two ends were under way at one moment, one of them was done and the other refused."""
    return evidence.count(
        f"""
        SELECT count(DISTINCT w.payment_id) FROM {_ends(evidence)} w JOIN {_ends(evidence)} l
            ON l.payment_id = w.payment_id AND l.op <> w.op AND w.ok AND l.no
                AND l.sent_us < w.done_us AND w.sent_us < l.done_us
        """
    )


INVARIANT = Invariant(
    id="I61",
    sentence="Of the captures and voids of one authorisation one at most is done, at the gateway as the client was "
    "told, and whoever came too late is told why.",
    kind="safety",
    needs=("history", "gateway_movements"),
    witness=Witness("holds that two wanted to end at once, and one did", 2, _count),
    violations=_violations,
)
