"""I5: a shopper who was told "failed" must not find the amount on the bill."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import charges, failed_refunds, intents, moves, repeated
from harness.invariants._telling import clock, first_of_each, money, violation

_WORDS = {"sale": "create", "authorize": "create"}
"""What clients call the operations that make a payment."""


def _told_failed(evidence: Evidence) -> list[Violation]:
    """The client's last word was a definite no, or the final read shows a payment that failed or was canceled.

    A reference whose first payment failed may be used again, and then stands for two: what the final read shows of one
    says nothing of the charge of the other.
    """
    rows = evidence.rows(
        f"""
        WITH no AS (
            SELECT merchant_id, reference, kind, '' AS payment_id, 'answered ' || coalesce(no_status, 0) || ' '
                || coalesce(no_code, '') AS told, done_us FROM {intents(evidence)} WHERE failed
            UNION ALL
            SELECT merchant_id, reference, 'create', coalesce(got_payment_id, ''), 'shown as ' || got_status, done_us
            FROM history WHERE kind = 'final_read' AND got_status IN ('failed', 'canceled', 'expired')
        ), moved AS (
            SELECT merchant_id, reference, 'create' AS kind, payment_id, charge_id AS id, charge_id, gateway,
                amount_minor, currency, created_at_us AS at_us FROM {charges(evidence)} WHERE kept
            UNION ALL
            SELECT m.merchant_id, m.intent, m.kind, '', m.movement_id, m.charge_id, m.gateway, m.amount_minor,
                m.currency, m.at_us
            FROM {moves(evidence)} m ANTI JOIN {failed_refunds(evidence)} f ON f.attempt_id = m.attempt_id
            WHERE m.kind IN ('capture', 'refund') AND NOT m.reversal
        )
        SELECT m.*, n.told, n.done_us, m.reference AS subject FROM no n JOIN moved m
        ON m.merchant_id = n.merchant_id AND m.reference = n.reference AND m.kind = n.kind
            AND (n.payment_id = '' OR m.payment_id = '' OR n.payment_id = m.payment_id)
        ANTI JOIN {repeated(evidence)} r
            ON r.merchant_id = n.merchant_id AND r.reference = n.reference AND r.kind = n.kind ORDER BY n.done_us
        """
    )
    return [
        violation(
            row,
            f"{row['kind']} {row['reference']} of {row['merchant_id']} was {row['told'].strip()} by "
            f"{clock(evidence, row['done_us'])}, but {row['gateway']} executed {row['id']} for "
            f"{money(row['amount_minor'], row['currency'])} at {clock(evidence, row['at_us'])} and nobody reversed it",
            size=2,
            sum_of=row["id"] if row["kind"] == "refund" else row["charge_id"],
            seen_in=_WORDS.get(row["kind"], row["kind"]),
        )
        for row in rows
    ]


def _recorded_failed(evidence: Evidence) -> list[Violation]:
    """Our own operation is recorded as declined or failed."""
    rows = evidence.rows(
        f"""
        WITH moved AS (
            SELECT operation_id, charge_id AS id, charge_id, gateway, amount_minor, currency, created_at_us AS at_us,
                true AS new_money FROM {charges(evidence)} WHERE kept
            UNION ALL
            SELECT m.operation_id, m.movement_id, m.charge_id, m.gateway, m.amount_minor, m.currency, m.at_us, false
            FROM {moves(evidence)} m ANTI JOIN {failed_refunds(evidence)} f ON f.attempt_id = m.attempt_id
            WHERE m.kind IN ('capture', 'refund') AND NOT m.reversal
        )
        SELECT m.*, o.state, o.kind, o.reference, o.reference AS subject FROM operations o
        JOIN moved m ON m.operation_id = o.operation_id AND m.new_money = (o.kind IN ('sale', 'authorize'))
        WHERE o.state IN ('declined', 'failed') AND o.kind <> 'reversal' ORDER BY m.at_us
        """
    )
    return [
        violation(
            row,
            f"{row['kind']} {row['reference']} (operation {row['operation_id']}) is recorded as {row['state']}, but "
            f"{row['gateway']} executed {row['id']} for {money(row['amount_minor'], row['currency'])} at "
            f"{clock(evidence, row['at_us'])} and nobody reversed it",
            size=2,
            sum_of=row["id"] if row["kind"] == "refund" else row["charge_id"],
            seen_in=_WORDS.get(row["kind"], row["kind"]),
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_told_failed(evidence), *_recorded_failed(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM operations WHERE state IN ('declined', 'failed')")


INVARIANT = Invariant(
    id="I5",
    sentence="What we called a definite failure moved no money.",
    kind="convergence",
    needs=("history", "gateway_charges", "gateway_movements", "operations"),
    witness=Witness("operations that ended as declined or failed", 5, _count),
    violations=_violations,
)
