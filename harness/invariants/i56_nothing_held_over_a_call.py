"""I56: whoever waits for a gateway holds nothing of the database meanwhile.

An idle transaction keeps its row locks, its snapshot and its connection for as long as somebody else's server likes.
Seen from outside: what the database server says about its sessions, beside what the gateways say about the calls that
they were answering at that moment.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock

IDLE_S = 0.4
"""Between two statements a sound process does nothing that lasts; a busy machine may still stop it for a moment."""
BEGUN_BEFORE_US = 1_000_000
"""A call that is made from within a transaction arrives at the gateway within this time of its last statement."""
MOMENTS_ALLOWED = 2
"""Moments in one run at which a process that was stopped for want of a processor may have looked so."""

SETTLING_US = 2_000_000
"""What a fault of anything but a gateway leaves behind is over after this."""

_MONEY = "endpoint IN ('create', 'confirm', 'capture', 'void', 'refund', 'order')"


def _held(evidence: Evidence) -> str:
    """Return the samples of a process in a transaction that was idle for the whole life of a call, until then.

    A database, a link to it or a process that is broken on purpose leaves transactions idle by itself.
    """
    otherwise = [
        f"at_us BETWEEN {begin - SETTLING_US} AND {end + SETTLING_US}"
        for _, place, begin, end in evidence.fault_windows()
        if not any(gateway in place for gateway in evidence.gateways)
    ]
    return evidence.derive(
        "transactions_held",
        f"""
        WITH idle AS (
            SELECT process, at_us, CAST(value * 1e6 AS BIGINT) AS idle_us FROM metrics
            WHERE metric = 'transaction_idle_s' AND value >= {IDLE_S} AND NOT ({" OR ".join(otherwise) or "false"})
        ), near AS (
            SELECT gateway, endpoint, attempt_id, correlation_id, arrived_at_us,
                coalesce(answered_at_us, 9e18) AS until_us
            FROM gateway_calls WHERE {_MONEY} AND arrived_at_us >= (SELECT min(at_us - idle_us) FROM idle)
                AND arrived_at_us <= (SELECT max(at_us) FROM idle)
        ), calls AS (
            SELECT n.*, h.replica FROM near n LEFT JOIN (
                SELECT DISTINCT correlation_id, replica FROM history SEMI JOIN near USING (correlation_id)
            ) h ON h.correlation_id = n.correlation_id
        )
        SELECT i.process, i.at_us, i.idle_us, count(*) AS calls, any_value(c.attempt_id) AS attempt_id,
            any_value(c.gateway) AS gateway, any_value(c.endpoint) AS endpoint
        FROM idle i JOIN calls c ON (c.replica = i.process OR i.process = 'worker')
            AND c.arrived_at_us BETWEEN i.at_us - i.idle_us AND i.at_us - i.idle_us + {BEGUN_BEFORE_US}
            AND c.arrived_at_us <= i.at_us - {int(IDLE_S * 5e5)} AND c.until_us >= i.at_us - 50000
        GROUP BY i.process, i.at_us, i.idle_us
        """,
    )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(f"SELECT * FROM {_held(evidence)} ORDER BY at_us")
    if len(rows) <= MOMENTS_ALLOWED:
        return []
    return [
        Violation(
            f"{row['process']}@{row['at_us']}",
            f"at {clock(evidence, row['at_us'])} a transaction of {row['process']} had been idle for "
            f"{row['idle_us'] / 1e6:.2f} s, while it waited for {row['gateway']} ({row['endpoint']} of "
            f"{row['attempt_id']})",
            # Whoever is given no processor between two statements looks the same.
            timed=True,
        )
        for row in rows
    ]


def _count(evidence: Evidence) -> int:
    """Count samples of a process that was connected, taken while a gateway had left a call of it waiting."""
    return evidence.count(
        f"""
        WITH calls AS (
            SELECT DISTINCT h.replica, c.arrived_at_us, coalesce(c.answered_at_us, 9e18) AS until_us
            FROM gateway_calls c JOIN history h ON h.correlation_id = c.correlation_id WHERE c.{_MONEY}
                AND coalesce(c.answered_at_us, 9e18) - c.arrived_at_us >= {int(IDLE_S * 1e6)}
        )
        SELECT count(*) FROM (
            SELECT DISTINCT m.process, m.at_us FROM metrics m JOIN calls c ON c.replica = m.process
                AND m.at_us - {int(IDLE_S * 5e5)} BETWEEN c.arrived_at_us AND c.until_us
            WHERE m.metric = 'transaction_idle_s')
        """
    )


INVARIANT = Invariant(
    id="I56",
    sentence="No transaction is idle while its process waits for a gateway's answer.",
    kind="safety",
    needs=("history", "gateway_calls", "metrics"),
    witness=Witness("looks at the sessions of a process whose call was waiting at a gateway", 5, _count),
    violations=_violations,
    whole=True,
)
