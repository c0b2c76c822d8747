"""I32: reconciliation brings the books together, says why where it cannot, and never makes anything worse."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import charges
from harness.invariants._telling import clock, first_of_each, money, violation

KINDS = (
    "('missing_here', 'missing_there', 'amount_differs', 'currency_differs', 'status_differs', 'charged_twice', "
    "'in_flight', 'dispute_differs')"
)
FEED_FAULTS = ("lagging_feed", "incomplete_feed")
"""While one of these is on, and when it ends, the feed itself changes: two readings need not say the same."""


_SINCE = "(SELECT min(trusted_until_us) FROM reconciliation_runs)"
"""What moved before could be seen by every run."""


def _quiet_pairs(evidence: Evidence) -> str:
    """Return the runs that came after another one of their gateway while nothing had moved: each must change nothing.

    Nothing moved since the time up to which the earlier run could trust the feed, neither there nor here.
    """
    spans = [(begin, end) for name, _, begin, end in evidence.fault_windows() if name in FEED_FAULTS]
    # A dispute may go on without moving money. Runs of before disputes had rows of their own have only their movements.
    steps = "UNION ALL SELECT gateway, unnest([created_at_us, updated_at_us]) FROM gateway_disputes"
    disputed = steps if evidence.has("gateway_disputes") else ""
    unsteady = " OR ".join(f"(before_us <= {end} AND started_at_us >= {begin})" for begin, end in spans) or "false"
    return evidence.derive(
        "quiet_reconciliations",
        f"""
        WITH runs AS (
            SELECT *, lag(started_at_us) OVER sequence AS before_us,
                lag(trusted_until_us) OVER sequence AS trusted_us, lag(run_id) OVER sequence AS before
            FROM reconciliation_runs WHERE state = 'complete' AND NOT dry_run
            WINDOW sequence AS (PARTITION BY gateway ORDER BY started_at_us)
        ), moved AS (
            SELECT gateway, at_us FROM gateway_movements WHERE at_us >= {_SINCE}
            UNION ALL
            SELECT a.gateway, t.at_us FROM attempt_transitions t JOIN attempts a ON a.attempt_id = t.attempt_id
            WHERE t.evidence NOT IN ('feed', 'cancel') AND t.at_us >= {_SINCE}
            {disputed}
        )
        SELECT r.* FROM runs r
        ANTI JOIN moved m ON m.gateway = r.gateway AND m.at_us BETWEEN r.trusted_us AND r.finished_at_us
        WHERE r.before IS NOT NULL AND NOT ({unsteady})
        """,
    )


def _again(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"SELECT run_id AS subject, * FROM {_quiet_pairs(evidence)} WHERE breaks_new > 0 OR repairs > 0"
    )
    return [
        violation(
            row,
            f"reconciliation {row['subject']} of {row['gateway']} at {clock(evidence, row['started_at_us'])} found "
            f"{row['breaks_new']} new breaks and repaired {row['repairs']}, although nothing had moved since "
            f"{row['before']} before it",
        )
        for row in rows
    ]


def _open(evidence: Evidence) -> list[Violation]:
    """Every break ends: repaired, resolved by itself, or with people and a reason; or it is really still in flight."""
    rows = evidence.rows(
        f"""
        WITH settled AS (
            SELECT attempt_id, max(at_us) AS at_us FROM attempt_transitions
            SEMI JOIN reconciliation_breaks USING (attempt_id) GROUP BY attempt_id
        )
        SELECT b.break_id AS subject, b.*, s.at_us AS decided_us, a.state AS attempt_state
        FROM reconciliation_breaks b LEFT JOIN attempts a ON a.attempt_id = b.attempt_id
        LEFT JOIN settled s ON s.attempt_id = b.attempt_id
        WHERE b.kind NOT IN {KINDS} OR (b.state = 'manual' AND coalesce(b.reason, '') = '')
            OR (b.state = 'waiting' AND a.state NOT IN ('prepared', 'dispatched', 'unknown', 'manual') AND EXISTS (
                SELECT 1 FROM reconciliation_runs r WHERE r.gateway = b.gateway AND r.state = 'complete'
                AND NOT r.dry_run AND r.trusted_until_us > s.at_us AND r.from_us <= a.prepared_at_us))
        ORDER BY b.found_at_us
        """
    )
    return [
        violation(
            row,
            f"break {row['subject']} ({row['kind']}: ours {row['ours']}, theirs {row['theirs']}) is still "
            f"{row['state']} with the reason {row['reason']!r}, although its attempt is {row['attempt_state']} since "
            f"{clock(evidence, row['decided_us'])}",
            sum_of=row["payment_id"],
            seen_in="breaks",
        )
        for row in rows
    ]


def _from_absence(evidence: Evidence) -> list[Violation]:
    """What was closed because a feed did not show it was not done; and no feed proves that by itself."""
    rows = evidence.rows(
        """
        WITH closed AS (
            SELECT attempt_id, evidence, at_us FROM attempt_transitions
            WHERE to_state = 'not_executed' AND evidence IN ('feed', 'cancel')
        ), done AS (
            SELECT attempt_id, max(amount_minor) AS amount_minor, any_value(currency) AS currency, min(at_us) AS done_us
            FROM gateway_movements SEMI JOIN closed USING (attempt_id) WHERE kind <> 'refund_failed'
            GROUP BY attempt_id
        )
        SELECT c.attempt_id AS subject, c.*, a.gateway, a.payment_id, o.reference, d.amount_minor, d.currency, d.done_us
        FROM closed c LEFT JOIN attempts a ON a.attempt_id = c.attempt_id
        LEFT JOIN operations o ON o.operation_id = a.operation_id LEFT JOIN done d ON d.attempt_id = c.attempt_id
        WHERE d.attempt_id IS NOT NULL OR c.evidence = 'feed' ORDER BY c.at_us
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['reference']}) was closed as never done by reconciliation at "
            f"{clock(evidence, row['at_us'])}, on the evidence of its absence ({row['evidence']}), "
            + (
                f"but {row['gateway']} had moved {money(row['amount_minor'], row['currency'])} at "
                f"{clock(evidence, row['done_us'])}"
                if row["done_us"] is not None
                else "which proves nothing"
            ),
            size=1 if row["done_us"] is not None else 2,
            sum_of=row["payment_id"],
            seen_in="absences",
        )
        for row in rows
    ]


def _made_worse(evidence: Evidence) -> list[Violation]:
    """Repairs obey I1 and I13: what was to be given back is, once, and never more than was taken."""
    rows = evidence.rows(
        f"""
        WITH repaired AS (SELECT payment_id FROM reconciliation_breaks WHERE state = 'repaired'), held AS (
            SELECT payment_id, count(*) FILTER (kept) AS kept
            FROM {charges(evidence)} SEMI JOIN repaired USING (payment_id) GROUP BY payment_id
        ), back AS (
            SELECT payment_id, bool_or(refunded_minor > captured_minor) AS too_much
            FROM gateway_charges SEMI JOIN repaired USING (payment_id) WHERE executed GROUP BY payment_id
        )
        SELECT b.break_id AS subject, b.*, h.kept, k.too_much, p.reference FROM reconciliation_breaks b
        LEFT JOIN held h ON h.payment_id = b.payment_id LEFT JOIN back k ON k.payment_id = b.payment_id
        LEFT JOIN payments p ON p.payment_id = b.payment_id
        WHERE b.state = 'repaired' AND (h.kept > 1 OR k.too_much) ORDER BY b.found_at_us
        """
    )
    return [
        violation(
            row,
            f"break {row['subject']} of payment {row['payment_id']} ({row['reference']}) is repaired by "
            f"{row['action']}, but the gateways still hold {row['kept']} charges of it"
            + (" and gave back more than was taken" if row["too_much"] else ""),
            amount_minor=row["their_amount_minor"],
            size=2,
            sum_of=row["payment_id"],
            seen_in="repairs",
        )
        for row in rows
    ]


def _unseen(evidence: Evidence) -> list[Violation]:
    """Money that moved well within what a reconciliation read, that our books do not have, and no break tells of."""
    rows = evidence.rows(
        """
        WITH read AS (
            SELECT gateway, max(trusted_until_us) AS until_us, min(from_us) AS from_us FROM reconciliation_runs
            WHERE state = 'complete' AND NOT dry_run GROUP BY gateway
        ), booked AS (SELECT DISTINCT attempt_id FROM postings)
        SELECT m.movement_id AS subject, m.*, a.state FROM gateway_movements m
        JOIN read r ON r.gateway = m.gateway AND m.at_us BETWEEN r.from_us AND r.until_us
        LEFT JOIN attempts a ON a.attempt_id = m.attempt_id
        ANTI JOIN booked b ON b.attempt_id = m.attempt_id
        ANTI JOIN reconciliation_breaks k ON k.attempt_id = m.attempt_id
        WHERE m.kind IN ('capture', 'refund') AND coalesce(a.state, '') <> 'succeeded' ORDER BY m.at_us
        """
    )
    return [
        violation(
            row,
            f"{row['kind']} {row['subject']} of {money(row['amount_minor'], row['currency'])} at {row['gateway']} "
            f"({clock(evidence, row['at_us'])}, attempt {row['attempt_id'] or 'missing'}) is not in our books, and the "
            "reconciliation that read past it wrote no break",
            sum_of=row["payment_id"],
            seen_in="movements",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    parts = (_from_absence, _made_worse, _again, _open, _unseen)
    return first_of_each([found for part in parts for found in part(evidence)])


def _count(evidence: Evidence) -> int:
    """Count breaks at gateways that were reconciled a second time while nothing moved."""
    return evidence.count(
        f"SELECT count(*) FROM reconciliation_breaks b SEMI JOIN {_quiet_pairs(evidence)} q ON q.gateway = b.gateway"
    )


INVARIANT = Invariant(
    id="I32",
    sentence="Reconciling twice equals reconciling once; at convergence every break is matched or typed, and its "
    "repairs obey I1 and I13.",
    kind="convergence",
    needs=(
        "reconciliation_runs",
        "reconciliation_breaks",
        "gateway_charges",
        "gateway_movements",
        "history",
        "payments",
        "operations",
        "attempts",
        "attempt_transitions",
        "postings",
    ),
    witness=Witness("breaks at gateways that were reconciled again while nothing moved", 3, _count),
    violations=_violations,
    whole=True,
)
