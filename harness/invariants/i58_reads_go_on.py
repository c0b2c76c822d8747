"""I58: a gateway that hangs costs the calls to it, and nothing else.

Reads ask no gateway. Where they fail or wait while one hangs, something that everybody needs (connections, threads) is
held by whoever waits for it: the bulkhead is missing.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock

HANGING_US = 700_000
"""A call that a gateway had not answered after this time was hanging."""
HANGING_CALLS = 3
SECOND_US = 1_000_000
SLOW_US = 2_000_000
"""A read that takes longer was not served: it takes milliseconds when nobody is in its way."""
BAD_SHARE = 0.2
BAD_READS = 5
"""Of all reads beside a hanging gateway so many, and such a share, must have gone badly to mean anything."""

_OTHERWISE = """
    coalesce((SELECT bool_or(NOT of_a_gateway) FROM faults_on f
        WHERE f.from_us <= h.sent_us + 2000000 AND f.to_us >= h.sent_us - 2000000), false)
"""
"""Faults of anything but a gateway may break reads by themselves."""


def _reads(evidence: Evidence) -> str:
    """Return the reads that were sent while a gateway was hanging, and nothing but a gateway was broken."""
    windows = evidence.fault_windows()
    faults = [(any(name in place for name in evidence.gateways), begin, end) for _, place, begin, end in windows]
    listed = ", ".join(f"({of_a_gateway}, {begin}, {end})" for of_a_gateway, begin, end in faults) or "(true, 0, 0)"
    return evidence.derive(
        "reads_beside_a_hanging_gateway",
        f"""
        WITH faults_on AS (SELECT * FROM (VALUES {listed}) AS f(of_a_gateway, from_us, to_us)), hanging AS (
            SELECT second FROM (
                SELECT unnest(range((arrived_at_us + {HANGING_US}) // {SECOND_US},
                    least(answered_at_us, arrived_at_us + 5 * {SECOND_US}) // {SECOND_US} + 1)) AS second
                FROM gateway_calls WHERE answered_at_us - arrived_at_us >= {HANGING_US}
            ) GROUP BY second HAVING count(*) >= {HANGING_CALLS}
        )
        SELECT h.op, h.kind, h.replica, h.reference, h.sent_us, h.done_us, h.outcome, h.http_status,
            (h.outcome = 'UNKNOWN' OR h.http_status >= 500 OR h.done_us - h.sent_us > {SLOW_US}) AS bad
        FROM history h SEMI JOIN hanging s ON s.second = h.sent_us // {SECOND_US}
        WHERE h.kind IN ('get', 'get_refund', 'list') AND h.expect = 'succeed' AND NOT {_OTHERWISE}
        """,
    )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(f"SELECT * FROM {_reads(evidence)} WHERE bad ORDER BY sent_us")
    if len(rows) < BAD_READS or len(rows) < BAD_SHARE * _count(evidence):
        return []
    return [
        Violation(
            row["op"],
            f"a read ({row['kind']}) at {row['replica']}, sent at {clock(evidence, row['sent_us'])} while a gateway "
            f"hung, {'was answered ' + str(row['http_status']) if row['http_status'] else 'got no answer'} after "
            f"{((row['done_us'] or row['sent_us']) - row['sent_us']) / 1e6:.2f} s",
            reference=row["reference"] or "",
            timed=True,
        )
        for row in rows
    ]


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {_reads(evidence)}")


INVARIANT = Invariant(
    id="I58",
    sentence="What needs no gateway is served as ever while a gateway hangs.",
    kind="liveness",
    needs=("history", "gateway_calls"),
    witness=Witness("reads while a gateway left several calls waiting", 10, _count),
    violations=_violations,
    whole=True,
)
