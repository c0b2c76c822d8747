"""I33: after a request was sent, the other gateway is off limits until the first one's answer is known."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import charges, roamers
from harness.invariants._telling import CLOCKS_US, clock, first_of_each, violation

TOLERANCE_US = 2_000
"""Two timestamps of one transaction may be taken in either order."""


def _pairs(evidence: Evidence) -> str:
    """Return (earlier, later) attempts of one operation at two gateways, with when the earlier one was settled."""
    return evidence.derive(
        "fallback_pairs",
        f"""
        WITH tried AS (
            SELECT operation_id, attempt_id, gateway, seq, state, prepared_at_us, dispatched_at_us, amount_minor,
                currency FROM attempts a SEMI JOIN {roamers(evidence)} r ON r.operation_id = a.operation_id
        ), settled AS (
            SELECT t.attempt_id, min(t.at_us) AS at_us FROM attempt_transitions t
            SEMI JOIN {roamers(evidence)} r ON r.operation_id = t.operation_id
            WHERE t.to_state IN ('declined', 'not_executed') GROUP BY t.attempt_id
        )
        SELECT a.operation_id, a.attempt_id AS earlier, a.gateway AS earlier_gateway, a.state AS earlier_state,
            s.at_us AS settled_us, b.attempt_id AS later, b.gateway AS later_gateway, b.prepared_at_us,
            coalesce(b.dispatched_at_us, b.prepared_at_us) AS sent_us, b.amount_minor, b.currency
        FROM tried a JOIN tried b ON b.operation_id = a.operation_id AND b.seq > a.seq AND b.gateway <> a.gateway
        LEFT JOIN settled s ON s.attempt_id = a.attempt_id
        """,
    )


def _unsettled(evidence: Evidence) -> list[Violation]:
    """By our own record: the earlier attempt had no definite no when the later one was prepared."""
    rows = evidence.rows(
        f"""
        SELECT p.operation_id AS subject, p.*, o.reference FROM {_pairs(evidence)} p
        LEFT JOIN operations o ON o.operation_id = p.operation_id
        WHERE p.settled_us IS NULL OR p.settled_us > p.prepared_at_us + {TOLERANCE_US} ORDER BY p.prepared_at_us
        """
    )
    return [
        violation(
            row,
            f"operation {row['subject']} ({row['reference']}) was tried at {row['later_gateway']} ({row['later']}) at "
            f"{clock(evidence, row['prepared_at_us'])}, while {row['earlier']} at {row['earlier_gateway']} was not "
            f"settled (declined or proven not executed at {clock(evidence, row['settled_us'])}; "
            f"now {row['earlier_state']})",
            size=2,
        )
        for row in rows
    ]


def _executed(evidence: Evidence) -> list[Violation]:
    """By the gateways' own ledgers: the earlier gateway did execute, whatever our record says about it.

    A charge that was voided before the later gateway was asked did no harm and was no longer in the way. Nor is it the
    system's fault that a gateway executed what it had declined in so many words: it had no doubt.
    """
    rows = evidence.rows(
        f"""
        WITH calls AS (
            SELECT operation_id, attempt_id, gateway, min(arrived_at_us) AS first_us FROM gateway_calls
            SEMI JOIN {roamers(evidence)} r USING (operation_id)
            WHERE endpoint NOT IN ('retrieve', 'search', 'token') GROUP BY operation_id, attempt_id, gateway
        ), ordered AS (
            SELECT c.operation_id, c.attempt_id, c.gateway, c.first_us, a.seq FROM calls c
            LEFT JOIN attempts a ON a.attempt_id = c.attempt_id
        ), released AS (
            SELECT gateway, charge_id, min(at_us) AS void_us FROM gateway_movements WHERE kind = 'void' GROUP BY ALL
        ), denied AS (
            SELECT attempt_id, gateway, min(answered_at_us) AS at_us FROM gateway_calls
            WHERE result = 'executed' AND http_status IN (402, 422) GROUP BY attempt_id, gateway
        )
        SELECT c.operation_id AS subject, c.reference, c.gateway, c.charge_id, c.attempt_id, c.amount_minor, c.currency,
            c.created_at_us, b.gateway AS other, b.attempt_id AS other_attempt, b.first_us
        FROM {charges(evidence)} c
        JOIN ordered a ON a.operation_id = c.operation_id AND a.attempt_id = c.attempt_id AND a.gateway = c.gateway
        JOIN ordered b ON b.operation_id = c.operation_id AND b.gateway <> c.gateway
        LEFT JOIN released v ON v.gateway = c.gateway AND v.charge_id = c.charge_id
        ANTI JOIN denied d ON d.attempt_id = c.attempt_id AND d.gateway = c.gateway
            AND d.at_us <= b.first_us + {CLOCKS_US}
        WHERE coalesce(b.seq > a.seq, b.first_us > a.first_us) AND coalesce(v.void_us > b.first_us, true)
        ORDER BY b.first_us
        """
    )
    return [
        violation(
            row,
            f"operation {row['subject']} ({row['reference']}) was tried at {row['other']} ({row['other_attempt']}) at "
            f"{clock(evidence, row['first_us'])}, although {row['gateway']} executed its earlier attempt "
            f"{row['attempt_id']} ({row['charge_id']}, at {clock(evidence, row['created_at_us'])})",
            size=2,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_executed(evidence), *_unsettled(evidence)])


def _count(evidence: Evidence) -> int:
    """Count operations of which an attempt did not simply succeed: each was a temptation to go elsewhere."""
    return evidence.count(
        "SELECT count(DISTINCT operation_id) FROM attempt_transitions WHERE to_state IN ('unknown', 'not_executed')"
    )


INVARIANT = Invariant(
    id="I33",
    sentence="Another gateway is tried only when no attempt of that operation is prepared, dispatched, unknown or "
    "succeeded.",
    kind="safety",
    needs=(
        "history",
        "gateway_charges",
        "gateway_movements",
        "gateway_calls",
        "operations",
        "attempts",
        "attempt_transitions",
    ),
    witness=Witness("operations with an attempt that was unknown or not executed", 3, _count),
    violations=_violations,
)
