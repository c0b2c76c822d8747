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
PATIENT_CALLS = 14
"""Calls of one attempt within five seconds: the quick ones, then one every half second."""
BUDGET_SLACK = 20
"""Two replicas with a budget each, and each may have saved ten re-sends in quiet times."""
BREATHLESS_US = 20_000
BREATHLESS_CALLS = 20
"""Of so many quick re-sends at least half must have paused longer than `BREATHLESS_US`: backoff is jittered around
50 ms, so by chance alone this happens less than once in a thousand runs."""
SPIKE_CALLS = 25
SPIKE_TIMES_ARRIVALS = 5
"""Re-sends within 100 ms: more than these, and more than so many times the usual calls, came in step."""

_MONEY = "('create', 'confirm', 'capture', 'void', 'refund', 'order')"


def _sends(evidence: Evidence) -> str:
    """Return every money call with its number within its attempt and endpoint, and the pauses before it.

    A pause begins with the answer to the call before; with that call itself where none came or nobody waited for it.
    """
    return evidence.derive(
        "gateway_sends",
        f"""
        WITH again AS (
            SELECT hash(attempt_id, endpoint) AS call FROM gateway_calls
            WHERE attempt_id <> '' AND endpoint IN {_MONEY} GROUP BY call HAVING count(*) > 1
        )
        SELECT c.gateway, c.attempt_id, c.operation_id, c.endpoint, c.reference, c.arrived_at_us,
            row_number() OVER sends AS number,
            c.arrived_at_us - CASE WHEN lag(c.answered_at_us) OVER sends <= c.arrived_at_us
                THEN lag(c.answered_at_us) OVER sends ELSE lag(c.arrived_at_us) OVER sends END AS pause_us,
            c.arrived_at_us - lag(c.arrived_at_us, {PATIENT_CALLS - 1}) OVER sends AS patience_us
        FROM gateway_calls c SEMI JOIN again a ON a.call = hash(c.attempt_id, c.endpoint)
        WHERE c.attempt_id <> '' AND c.endpoint IN {_MONEY}
        WINDOW sends AS (PARTITION BY c.attempt_id, c.endpoint ORDER BY c.arrived_at_us)
        """,
    )


def _windows(evidence: Evidence) -> list[tuple[str, int, int]]:
    """Return (name, from, to): each fault's window, and the whole load."""
    faults = [(f"while {name} was on at {place}", begin, end) for name, place, begin, end in evidence.fault_windows()]
    return [*faults, ("over the whole load", evidence.t0_us, evidence.load_end_us)]


def _over_budget(evidence: Evidence) -> Iterator[Violation]:
    """Each process has one budget for all gateways together, so the calls of all gateways earn it."""
    share = evidence.setting("PAY_RETRY_BUDGET_SHARE", 0.2)
    for name, from_us, to_us in _windows(evidence):
        quick, pause_us = _quick(evidence, from_us, to_us)
        calls = evidence.count(
            f"""
            SELECT count(*) FROM gateway_calls
            WHERE attempt_id <> '' AND endpoint IN {_MONEY} AND arrived_at_us BETWEEN ? AND ?
            """,
            [from_us, to_us],
        )
        allowed = int(share * (calls - quick)) + BUDGET_SLACK
        span = f"{name} ({clock(evidence, from_us)} to {clock(evidence, to_us)})"
        if quick > allowed:
            what = f"the gateways heard {quick} immediate re-sends beside {calls - quick} calls {span}"
            yield Violation(name, f"{what}; the budget allows {allowed}", size=quick)
        elif quick >= BREATHLESS_CALLS and pause_us < BREATHLESS_US:
            what = f"half of {quick} re-sends came within {pause_us / 1000:.1f} ms of the answer before them {span}"
            yield Violation(name, f"{what}: that is no backoff", size=quick)


def _quick(evidence: Evidence, from_us: int, to_us: int) -> tuple[int, float]:
    """Return how many quick re-sends there were, and the median of their pauses in microseconds."""
    row = evidence.rows(
        f"""
        SELECT count(*) AS quick, coalesce(median(pause_us), 0) AS pause_us FROM {_sends(evidence)}
        WHERE number > 1 AND pause_us < {QUICK_US} AND arrived_at_us BETWEEN ? AND ?
        """,
        [from_us, to_us],
    )[0]
    return row["quick"], row["pause_us"]


def _hurried(evidence: Evidence) -> Iterator[Violation]:
    """One call sent again and again without a rest, or more often than patience allows."""
    sends = int(evidence.setting("PAY_MAX_ATTEMPTS", 3))
    rows = evidence.rows(
        f"""
        WITH runs AS (
            SELECT *, count(*) FILTER (number > 1 AND pause_us < {QUICK_US}) OVER (
                PARTITION BY attempt_id, endpoint ORDER BY number ROWS BETWEEN {sends - 1} PRECEDING AND CURRENT ROW
            ) AS quick FROM {_sends(evidence)}
        )
        SELECT gateway, attempt_id, endpoint, any_value(reference) AS reference, count(*) AS calls,
            max(quick) AS quick, min(patience_us) AS patience_us, min(arrived_at_us) AS first_us
        FROM runs GROUP BY gateway, attempt_id, endpoint
        HAVING max(quick) >= {sends} OR min(patience_us) < 5000000 ORDER BY calls
        """
    )
    for row in rows:
        told = f"attempt {row['attempt_id']} ({row['reference']}) sent {row['calls']} {row['endpoint']} calls to "
        told += f"{row['gateway']} from {clock(evidence, row['first_us'])} on"
        if row["quick"] >= sends:
            what = f"{told}, more than {sends} of them in a row without a pause"
        else:
            what = f"{told}, {PATIENT_CALLS} of them within {row['patience_us'] / 1e6:.2f} s"
        yield Violation(row["attempt_id"], what, reference=row["reference"] or "", size=row["calls"])


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
            # A gateway that gets its processor back hears at once what came in turn.
            timed=True,
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
    whole=True,
)
