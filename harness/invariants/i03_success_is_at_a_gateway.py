"""I3: a success that no gateway knows of is a promise without money."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import PAID, charged, charges, intents, lapsed_holds, moves
from harness.invariants._telling import clock, first_of_each, money, violation

_SHOWN = f"""outcome = 'OK' AND kind IN ('create', 'capture', 'get', 'final_read') AND got_payment_id <> ''
    AND got_status IN {PAID}"""
"""Answers that show a client a payment that is held or taken."""

_TOLD_MINOR = """coalesce(got_captured_minor, CASE got_status WHEN 'captured' THEN coalesce(got_amount_minor, 1)
    WHEN 'authorized' THEN 0 ELSE 1 END)"""
"""What such an answer says was captured."""


def _charges(evidence: Evidence) -> list[Violation]:
    """Successes of sales and authorisations: a charge, still held unless the merchant voided it or it lapsed."""
    rows = evidence.rows(
        f"""
        WITH voided AS (
            SELECT DISTINCT payment_id FROM {intents(evidence)} WHERE kind = 'void' AND NOT failed
            UNION SELECT payment_id FROM {lapsed_holds(evidence)}
        ), told AS (
            SELECT merchant_id, reference, ok_payment_id AS payment_id, ok_status AS status, amount_minor, currency,
                done_us, false AS final
            FROM {intents(evidence)} WHERE kind = 'create' AND oks > 0 AND ok_status IN {PAID}
            UNION ALL
            SELECT merchant_id, reference, got_payment_id, got_status, got_amount_minor, got_currency, done_us, true
            FROM history WHERE kind = 'final_read' AND outcome = 'OK' AND got_status IN {PAID}
        )
        SELECT t.*, t.reference AS subject, coalesce(c.executed, 0) AS executed
        FROM told t LEFT JOIN {charged(evidence)} c ON c.merchant_id = t.merchant_id AND c.reference = t.reference
        LEFT JOIN voided v ON v.payment_id = t.payment_id
        WHERE t.reference <> '' AND (c.executed IS NULL OR (c.kept = 0 AND (t.final OR v.payment_id IS NULL)))
        ORDER BY t.done_us
        """
    )
    return [
        violation(
            row,
            f"payment {row['reference']} of {row['merchant_id']} ({money(row['amount_minor'], row['currency'])}) was "
            f"reported as {row['status']} by {clock(evidence, row['done_us'])}, but "
            + ("its charge was reversed" if row["executed"] else "no gateway ever charged it"),
            size=1 + row["executed"],
            sum_of=row["payment_id"],
            seen_in="charges",
        )
        for row in rows
    ]


def _captures(evidence: Evidence) -> list[Violation]:
    """What clients were told is captured: the gateway has taken at least as much, and has not given it back unasked.

    Nearly always one charge alone covers what an answer told; only other payments are added up. Where a gateway's
    ledger names no payments, their references are all that can be compared, which `_charges` does.
    """
    rows = evidence.rows(
        f"""
        WITH shown AS (
            SELECT got_payment_id AS payment_id, merchant_id, reference, {_TOLD_MINOR} AS told_minor
            FROM history WHERE {_SHOWN}
        ), unnamed AS (
            SELECT DISTINCT merchant_id, reference FROM {charges(evidence)} WHERE payment_id = ''
        ), doubted AS (
            SELECT DISTINCT s.payment_id FROM shown s LEFT JOIN {charges(evidence)} c
                ON c.payment_id = s.payment_id AND c.kept AND c.captured_minor >= s.told_minor
            ANTI JOIN unnamed u ON u.merchant_id = s.merchant_id AND u.reference = s.reference
            WHERE s.told_minor > 0 AND c.payment_id IS NULL
        ), told AS (
            SELECT got_payment_id AS payment_id, any_value(merchant_id) AS merchant_id,
                coalesce(max(reference) FILTER (kind IN ('create', 'final_read')), got_payment_id) AS reference,
                max({_TOLD_MINOR}) AS told_minor, max(got_currency) AS currency, max(done_us) AS done_us
            FROM history SEMI JOIN doubted ON doubted.payment_id = got_payment_id WHERE {_SHOWN}
            GROUP BY got_payment_id
        ), taken AS (
            SELECT c.payment_id, sum(c.captured_minor) AS taken_minor FROM {charges(evidence)} c
            SEMI JOIN doubted USING (payment_id) WHERE c.kept GROUP BY c.payment_id
        )
        SELECT t.*, t.reference AS subject, coalesce(g.taken_minor, 0) AS taken_minor,
            t.told_minor - coalesce(g.taken_minor, 0) AS amount_minor
        FROM told t LEFT JOIN taken g ON g.payment_id = t.payment_id
        WHERE t.told_minor > coalesce(g.taken_minor, 0) ORDER BY t.done_us
        """
    )
    return [
        violation(
            row,
            f"payment {row['payment_id']} ({row['reference']}) of {row['merchant_id']} was reported with "
            f"{money(row['told_minor'], row['currency'])} captured by {clock(evidence, row['done_us'])}, but the "
            f"gateways have captured {money(row['taken_minor'], row['currency'])}",
            size=2,
            sum_of=row["payment_id"],
            seen_in="captures",
        )
        for row in rows
    ]


def _followups(evidence: Evidence, kind: str, status: str) -> list[Violation]:
    """Successes of captures, voids and refunds: a movement that carries the reference (or the payment's id)."""
    by_payment = "" if kind == "refund" else "OR m.payment_id = i.payment_id"
    rows = evidence.rows(
        f"""
        WITH done AS (SELECT * FROM {intents(evidence)} WHERE kind = '{kind}' AND oks > 0 {status}),
        missing AS (
            SELECT d.* FROM done d ANTI JOIN (SELECT * FROM {moves(evidence)} WHERE kind = '{kind}') m
            ON m.merchant_id = d.merchant_id AND m.intent = d.reference
        )
        SELECT i.*, i.reference AS subject FROM missing i WHERE NOT EXISTS (
            SELECT 1 FROM {moves(evidence)} m WHERE m.kind = '{kind}' AND (false {by_payment})
        ) ORDER BY i.done_us
        """
    )
    return [
        violation(
            row,
            f"the {kind} {row['reference']} of payment {row['payment_id']} ({row['merchant_id']}"
            + (f", {money(row['amount_minor'], row['currency'])}" if row["amount_minor"] else "")
            + f") was reported as done by {clock(evidence, row['done_us'])}, but no gateway did it",
            size=2,
            sum_of=row["reference"] if kind == "refund" else row["payment_id"],
            seen_in=kind,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    found = [*_charges(evidence), *_captures(evidence)]
    found += _followups(evidence, "capture", f"AND ok_status IN {PAID}")
    found += _followups(evidence, "void", "AND ok_status = 'canceled'")
    found += _followups(evidence, "refund", "AND ok_status = 'succeeded'")
    return first_of_each(found)


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"SELECT count(*) FROM {intents(evidence)} WHERE kind = 'create' AND oks > 0 AND ok_status IN {PAID}"
    )


INVARIANT = Invariant(
    id="I3",
    sentence="Every acknowledged success has its matching record at a gateway.",
    kind="safety",
    needs=("history", "gateway_charges", "gateway_movements", "operations"),
    spares=("operations",),
    witness=Witness("successful payments acknowledged to a client", 20, _count),
    violations=_violations,
)
