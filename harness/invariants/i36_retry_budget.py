"""I36: retries help a gateway that stumbled, and kill one that staggers. So they have a budget, and patience.

Two things may make a gateway hear one call more than once. A *quick* re-send follows its predecessor at once (within
`QUICK_US`): that is a retry loop, and it has a budget. A *paced* re-send comes later: that is the resolver asking about
an unknown under the same key; it may go on until the answer is known, but never in a hurry.
"""

from collections.abc import Iterator, Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock

QUICK_US = 200_000
"""The resolver's shortest pause is 0.25 s (half of its interval): whatever comes sooner did not wait for anything."""
BURST_CALLS = 5
"""Calls of one attempt within a second: three sends of a request and one of the resolver are four."""
PATIENT_CALLS = 14
"""Calls of one attempt within five seconds: the burst, then one every half second."""
BUDGET_SLACK = 20
"""Two replicas with a budget each, and each may have saved ten re-sends in quiet times."""
SPIKE_CALLS = 25
SPIKE_TIMES_ARRIVALS = 5
"""Re-sends within 100 ms: more than these, and more than so many times the usual calls, came in step."""

_MONEY = "('create', 'confirm', 'capture', 'void', 'refund', 'order')"


def _sends(evidence: Evidence) -> str:
    """Return every money call with its number within its attempt and endpoint, and the pauses before it."""
    return evidence.derive(
        "gateway_sends",
        f"""
        WITH again AS (
            SELECT attempt_id, endpoint FROM gateway_calls WHERE attempt_id <> '' AND endpoint IN {_MONEY}
            GROUP BY attempt_id, endpoint HAVING count(*) > 1
        )
        SELECT c.gateway, c.attempt_id, c.operation_id, c.endpoint, c.reference, c.arrived_at_us,
            row_number() OVER sends AS number,
            c.arrived_at_us - lag(coalesce(c.answered_at_us, c.arrived_at_us)) OVER sends AS pause_us,
            c.arrived_at_us - lag(c.arrived_at_us, {BURST_CALLS - 1}) OVER sends AS burst_us,
            c.arrived_at_us - lag(c.arrived_at_us, {PATIENT_CALLS - 1}) OVER sends AS patience_us
        FROM gateway_calls c SEMI JOIN again a ON a.attempt_id = c.attempt_id AND a.endpoint = c.endpoint
        WINDOW sends AS (PARTITION BY c.attempt_id, c.endpoint ORDER BY c.arrived_at_us)
        """,
    )


def _windows(evidence: Evidence) -> list[tuple[str, int, int]]:
    """Return (name, from, to): each fault's window, and the whole load."""
    faults = [(f"while {name} was on at {place}", begin, end) for name, place, begin, end in evidence.fault_windows()]
    return [*faults, ("over the whole load", evidence.t0_us, evidence.load_end_us)]


def _over_budget(evidence: Evidence) -> Iterator[Violation]:
    share = evidence.setting("PAY_RETRY_BUDGET_SHARE", 0.2)
    for name, from_us, to_us in _windows(evidence):
        rows = evidence.rows(
            f"""
            SELECT f.gateway, f.calls, coalesce(q.quick, 0) AS quick FROM (
                SELECT gateway, count(DISTINCT (attempt_id, endpoint)) AS calls FROM gateway_calls
                WHERE attempt_id <> '' AND endpoint IN {_MONEY} AND arrived_at_us BETWEEN ? AND ? GROUP BY gateway
            ) f JOIN (
                SELECT gateway, count(*) AS quick FROM {_sends(evidence)}
                WHERE number > 1 AND pause_us < {QUICK_US} AND arrived_at_us BETWEEN ? AND ? GROUP BY gateway
            ) q ON q.gateway = f.gateway
            """,
            [from_us, to_us, from_us, to_us],
        )
        for row in rows:
            allowed = int(share * row["calls"]) + BUDGET_SLACK
            if row["quick"] > allowed:
                yield Violation(
                    f"{row['gateway']} {name}",
                    f"{row['gateway']} heard {row['quick']} immediate re-sends of {row['calls']} calls {name} "
                    f"({clock(evidence, from_us)} to {clock(evidence, to_us)}); the budget allows {allowed}",
                    size=row["quick"],
                )


def _hurried(evidence: Evidence) -> Iterator[Violation]:
    rows = evidence.rows(
        f"""
        SELECT gateway, attempt_id, endpoint, any_value(reference) AS reference, count(*) AS calls,
            min(burst_us) AS burst_us, min(patience_us) AS patience_us, min(arrived_at_us) AS first_us
        FROM {_sends(evidence)} GROUP BY gateway, attempt_id, endpoint
        HAVING min(burst_us) < 1000000 OR min(patience_us) < 5000000 ORDER BY calls
        """
    )
    for row in rows:
        quick = row["burst_us"] is not None and row["burst_us"] < 1_000_000
        many, within_us = (BURST_CALLS, row["burst_us"]) if quick else (PATIENT_CALLS, row["patience_us"])
        yield Violation(
            row["attempt_id"],
            f"attempt {row['attempt_id']} ({row['reference']}) sent {many} {row['endpoint']} calls to {row['gateway']} "
            f"within {within_us / 1e6:.2f} s ({row['calls']} in all, the first at {clock(evidence, row['first_us'])})",
            reference=row["reference"] or "",
            size=row["calls"],
        )


def _in_step(evidence: Evidence) -> Iterator[Violation]:
    usual = evidence.scalar(
        f"""
        SELECT count(*) / greatest(1, count(DISTINCT arrived_at_us // 100000)) FROM gateway_calls
        WHERE endpoint IN {_MONEY} AND attempt_id <> ''
        """
    )
    limit = max(SPIKE_CALLS, SPIKE_TIMES_ARRIVALS * float(usual or 0))
    rows = evidence.rows(
        f"""
        SELECT gateway, arrived_at_us // 100000 * 100000 AS bucket_us, count(*) AS calls FROM {_sends(evidence)}
        WHERE number > 1 GROUP BY gateway, bucket_us HAVING count(*) > ? ORDER BY calls
        """,
        [limit],
    )
    for row in rows:
        yield Violation(
            f"{row['gateway']}@{row['bucket_us']}",
            f"{row['gateway']} heard {row['calls']} re-sends within 100 ms at {clock(evidence, row['bucket_us'])}, "
            f"against {usual:.1f} calls usually",
            size=row["calls"],
        )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return [*_over_budget(evidence), *_hurried(evidence), *_in_step(evidence)]


def _count(evidence: Evidence) -> int:
    """Count money calls that went badly: each was a reason to try again."""
    return evidence.count(
        f"""
        SELECT count(*) FROM gateway_calls WHERE endpoint IN {_MONEY}
            AND (http_status IS NULL OR http_status >= 500 OR http_status IN (409, 429))
        """
    )


INVARIANT = Invariant(
    id="I36",
    sentence="Gateway calls per client operation stay within the retry budget; there are no synchronised spikes.",
    kind="liveness",
    needs=("history", "gateway_calls"),
    witness=Witness("gateway calls that failed and invited a retry", 10, _count),
    violations=_violations,
)
