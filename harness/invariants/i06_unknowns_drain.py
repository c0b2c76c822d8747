"""I6: an unknown is a debt. It is paid with evidence, or handed to people; it is never forgotten or guessed away."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, violation
from harness.invariants._waiting import unsettled

PROOFS = "('resend', 'reply', 'lookup', 'webhook', 'feed', 'cancel')"
"""What may decide an unknown: a gateway that said it. Time passing proves nothing, nor does not finding something.

`feed` is a line of the gateway's transaction feed, `cancel` its acknowledgement that the call's key is canceled."""
DECISIVE = "('executed', 'declined', 'replayed', 'rejected', 'lookup', 'mismatch')"
"""Results of a gateway's call that an answer can have told us of."""
PRESENT_ONLY = "('lookup', 'feed')"
"""Proofs by what was found: not finding something there proves nothing."""
AROUND_US = 1_000_000
"""An answer may be noted this long after the decision that it led to (a lookup or webhook races with it)."""


def _left_over(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        """
        SELECT a.attempt_id AS subject, a.*, o.reference, o.state AS operation_state, o.manual_reason
        FROM attempts a LEFT JOIN operations o ON o.operation_id = a.operation_id
        WHERE a.state IN ('prepared', 'dispatched', 'unknown')
            OR (a.state = 'manual' AND coalesce(o.manual_reason, '') = '')
        ORDER BY a.prepared_at_us
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['reference']}) at {row['gateway']}, prepared at "
            f"{clock(evidence, row['prepared_at_us'])}, is still {row['state']} after the run had settled"
            + (", with no reason given to the people who must decide" if row["state"] == "manual" else ""),
            sum_of=row["payment_id"],
            seen_in="attempts",
            timed=row["state"] != "manual" and unsettled(evidence),
        )
        for row in rows
    ]


def _undecided(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        """
        SELECT o.operation_id AS subject, o.* FROM operations o
        ANTI JOIN (SELECT operation_id FROM attempts WHERE state IN ('prepared', 'dispatched', 'unknown')) a
            ON a.operation_id = o.operation_id
        WHERE o.state IN ('open', 'unknown') OR (o.state = 'manual' AND coalesce(o.manual_reason, '') = '')
        ORDER BY o.created_at_us
        """
    )
    return [
        violation(
            row,
            f"operation {row['subject']} ({row['kind']} {row['reference']}), begun at "
            f"{clock(evidence, row['created_at_us'])}, is still {row['state']} although no attempt of it is",
            sum_of=row["payment_id"],
            seen_in="operations",
            timed=row["state"] != "manual" and unsettled(evidence),
        )
        for row in rows
    ]


def _stuck(evidence: Evidence) -> list[Violation]:
    """Payments that are still under way after settling, by the database or by what the API showed last."""
    rows = evidence.rows(
        """
        WITH open_ones AS (
            SELECT payment_id, status, 'the database' AS source FROM payments WHERE status IN ('created', 'processing')
            UNION ALL
            SELECT got_payment_id, got_status, 'the final read' FROM history
            WHERE kind = 'final_read' AND outcome = 'OK' AND got_status IN ('created', 'processing')
        )
        SELECT s.payment_id AS subject, s.status, s.source, p.merchant_id, p.reference, p.amount_minor, p.currency,
            p.created_at_us
        FROM open_ones s LEFT JOIN payments p ON p.payment_id = s.payment_id
        ANTI JOIN (SELECT payment_id FROM operations WHERE state IN ('manual', 'unknown', 'open')) m
            ON m.payment_id = s.payment_id
        ORDER BY p.created_at_us
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}) of {row['merchant_id']}, begun at "
            f"{clock(evidence, row['created_at_us'])}, is still {row['status']} by {row['source']} after the run had "
            "settled, and no operation of it is left to people",
            sum_of=row["subject"],
            seen_in="payments",
            timed=unsettled(evidence),
        )
        for row in rows
    ]


def _guessed(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        WITH decided AS (
            SELECT t.*, coalesce(t.evidence, '') AS word FROM attempt_transitions t
            WHERE t.from_state IN ('unknown', 'manual') AND t.to_state NOT IN ('unknown', 'manual', 'requires_action')
        ), answered AS (
            SELECT DISTINCT d.attempt_id, d.at_us FROM decided d JOIN gateway_calls c ON c.attempt_id = d.attempt_id
            WHERE c.result IN {DECISIVE} AND c.http_status IS NOT NULL AND c.answered_at_us <= d.at_us + {AROUND_US}
                AND (d.word <> 'lookup' OR c.result = 'lookup') AND d.word NOT IN ('feed', 'cancel')
        ), canceled AS (
            SELECT DISTINCT d.attempt_id, d.at_us FROM decided d JOIN gateway_calls c ON c.attempt_id = d.attempt_id
            WHERE d.word = 'cancel' AND c.result IN ('not_executed', 'replayed') AND c.http_status = 200
                AND c.answered_at_us <= d.at_us + {AROUND_US}
        ), read AS (
            SELECT DISTINCT d.attempt_id, d.at_us FROM decided d JOIN attempts a ON a.attempt_id = d.attempt_id
            JOIN gateway_calls c ON c.gateway = a.gateway AND c.attempt_id = '' AND c.endpoint IN ('feed', 'search',
                'retrieve') AND c.http_status = 200
                AND c.answered_at_us BETWEEN a.prepared_at_us AND d.at_us + {AROUND_US}
            WHERE d.word = 'feed'
        ), heard AS (
            SELECT DISTINCT d.attempt_id, d.at_us FROM decided d JOIN attempts a ON a.attempt_id = d.attempt_id
            JOIN inbound_events e ON e.gateway = a.gateway
                AND e.received_at_us BETWEEN a.prepared_at_us AND d.at_us + {AROUND_US}
            WHERE d.word = 'webhook'
        )
        SELECT t.attempt_id AS subject, t.*, a.amount_minor, a.currency, a.gateway, a.payment_id, o.reference,
            t.word NOT IN {PROOFS} OR (t.to_state = 'not_executed' AND t.word IN {PRESENT_ONLY}) AS worthless
        FROM decided t LEFT JOIN attempts a ON a.attempt_id = t.attempt_id
        LEFT JOIN operations o ON o.operation_id = t.operation_id
        LEFT JOIN answered r ON r.attempt_id = t.attempt_id AND r.at_us = t.at_us
        LEFT JOIN heard w ON w.attempt_id = t.attempt_id AND w.at_us = t.at_us
        LEFT JOIN canceled k ON k.attempt_id = t.attempt_id AND k.at_us = t.at_us
        LEFT JOIN read f ON f.attempt_id = t.attempt_id AND f.at_us = t.at_us
        WHERE worthless OR coalesce(r.attempt_id, w.attempt_id, k.attempt_id, f.attempt_id) IS NULL
        ORDER BY t.at_us
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['reference']}) at {row['gateway']} was {row['from_state']} and was "
            f"relabelled {row['to_state']} at {clock(evidence, row['at_us'])} on no better evidence than "
            f"{row['evidence'] or 'nothing'!r}"
            + ("" if row["worthless"] else f", but {row['gateway']} had answered nothing about it by then"),
            sum_of=row["payment_id"],
            seen_in="attempts",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_left_over(evidence), *_undecided(evidence), *_guessed(evidence), *_stuck(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(DISTINCT attempt_id) FROM attempt_transitions WHERE to_state = 'unknown'")


INVARIANT = Invariant(
    id="I6",
    sentence="Unknowns drain: after settling none is left but in the manual queue, and none was relabelled without "
    "evidence.",
    kind="convergence",
    needs=(
        "history",
        "payments",
        "operations",
        "attempts",
        "attempt_transitions",
        "gateway_calls",
        "inbound_events",
    ),
    witness=Witness("attempts whose outcome was unknown for a while", 3, _count),
    violations=_violations,
    whole=True,
)
