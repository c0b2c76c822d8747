"""I46: whoever stops waiting for a payer says so to the gateway first, and tells the merchant what moves after all."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, money, violation


def _left_open(evidence: Evidence) -> list[Violation]:
    """The gateway still waits for a payer, and would charge whoever answers, but our books have ended it."""
    rows = evidence.rows(
        """
        SELECT c.charge_id AS subject, c.*, p.status AS ours, a.state FROM gateway_charges c
        JOIN attempts a ON a.attempt_id = c.attempt_id AND a.gateway = c.gateway
        JOIN payments p ON p.payment_id = a.payment_id
        WHERE c.status = 'requires_action' AND a.state NOT IN ('requires_action', 'prepared', 'dispatched', 'unknown',
            'manual') ORDER BY c.created_at_us
        """
    )
    return [
        violation(
            row,
            f"charge {row['subject']} at {row['gateway']} ({row['reference']}, "
            f"{money(row['amount_minor'], row['currency'])}), made at {clock(evidence, row['created_at_us'])}, still "
            f"waits for its payer, but our attempt is {row['state']} and the payment {row['ours']}",
            size=2,
        )
        for row in rows
    ]


def _waits_for_ever(evidence: Evidence) -> list[Violation]:
    """After the run has settled nothing waits for a payer whose time is over."""
    within_s = evidence.setting("action_within_s", 900.0)
    end_us = max([evidence.load_end_us, *(event.at_us for event in evidence.events)])
    rows = evidence.rows(
        f"""
        SELECT p.payment_id AS subject, p.*, h.at_us FROM payments p
        JOIN (SELECT payment_id, max(at_us) AS at_us FROM status_history WHERE to_status = 'requires_action'
            GROUP BY payment_id) h ON h.payment_id = p.payment_id
        WHERE p.status = 'requires_action' AND h.at_us + {int(within_s * 1e6)} < {end_us}
            AND p.payment_id NOT IN (SELECT payment_id FROM attempts WHERE state = 'manual')
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}) waits for its payer since {clock(evidence, row['at_us'])}, "
            f"longer than the {within_s:g} s that payers have",
            timed=True,
        )
        for row in rows
    ]


def _untold(evidence: Evidence) -> list[Violation]:
    """A charge that was undone is two movements, and two events."""
    rows = evidence.rows(
        """
        WITH undone AS (
            SELECT a.payment_id, count(*) AS charges, min(t.at_us) AS at_us FROM attempt_transitions t
            JOIN attempts a ON a.attempt_id = t.attempt_id
            WHERE t.to_state = 'reversed' AND t.evidence LIKE 'reversal:%' GROUP BY a.payment_id
        ), told AS (
            SELECT payment_id, count(*) FILTER (type = 'payment.late_charge') AS charged,
                count(*) FILTER (type = 'payment.late_charge_reversed') AS reversed FROM outbox GROUP BY payment_id
        )
        SELECT u.payment_id AS subject, u.*, p.reference, coalesce(t.charged, 0) AS charged,
            coalesce(t.reversed, 0) AS reversed
        FROM undone u JOIN payments p ON p.payment_id = u.payment_id LEFT JOIN told t ON t.payment_id = u.payment_id
        WHERE coalesce(t.charged, 0) < u.charges OR coalesce(t.reversed, 0) < u.charges
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}): {row['charges']} late charges were undone (the first at "
            f"{clock(evidence, row['at_us'])}); its merchant is told of {row['charged']} and of {row['reversed']} "
            "reversals",
            size=1 + row["charges"],
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_left_open(evidence), *_waits_for_ever(evidence), *_untold(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(DISTINCT payment_id) FROM status_history WHERE to_status = 'requires_action'")


INVARIANT = Invariant(
    id="I46",
    sentence="A payment whose payer does not answer in time is given up at its gateway first, and the merchant hears "
    "of a charge that came after all and of its reversal.",
    kind="convergence",
    needs=("payments", "attempts", "attempt_transitions", "status_history", "outbox", "gateway_charges"),
    witness=Witness("payments whose payer was asked", 5, _count),
    violations=_violations,
)
