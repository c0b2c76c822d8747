"""I42: an acknowledged payment is on more than one node.

Losing one disk is what a standby is for. A payment that was acknowledged while one node alone had it is lost with that
node, whether or not a failover came this time: I2 sees what was lost, this sees what could have been.

PostgreSQL's manual says what an acknowledged commit means under synchronous replication (`synchronous_commit`, section
19.5.1 of version 18, read 2026-12-01): at `on`, a standby has flushed the commit record before the client hears of it.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._copies import DATABASE_PLACE, GAP_US, copies, first_answers
from harness.invariants._telling import clock, money, violation

LATE_LOOKS_SHARE = 0.02
"""So many acknowledged commits may have been looked for too late, and then been found, while the database was well."""


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        f"""
        SELECT * FROM {copies(evidence)}
        WHERE primary_node IS NOT NULL AND (elsewhere = 0 OR NOT exact) AND lacking = others ORDER BY done_us
        """
    )
    return [
        violation(
            row,
            f"{row['subject']} ({row['reference']}), {row['told']}, {money(row['amount_minor'], row['currency'])}, was "
            f"acknowledged by {clock(evidence, row['done_us'])}; its commit was on {row['primary_node']} alone, "
            f"the primary of timeline {row['timeline']}: none of the {row['others']} other nodes had it on disk",
            size=2,
        )
        for row in rows
    ]


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"SELECT count(*) FROM {copies(evidence)} WHERE exact AND elsewhere > 0 AND primary_node IS NOT NULL"
    )


def _calm(evidence: Evidence) -> str:
    """Return the SQL condition that an answer came while nothing was done to the database or its replication."""
    windows = [(begin, end) for _, place, begin, end in evidence.fault_windows() if DATABASE_PLACE.search(place)]
    return " AND ".join(f"done_us NOT BETWEEN {begin} AND {end}" for begin, end in windows) or "true"


def _unclear(evidence: Evidence) -> str:
    """A machine that stands still for a moment makes looks late: in calm times, a few that came late are let be."""
    known = evidence.count(f"SELECT count(*) FROM {copies(evidence)} WHERE exact")
    gaps = known - _count(evidence)
    late = evidence.count(
        f"SELECT count(*) FROM {copies(evidence)} "
        f"WHERE exact AND elsewhere = 0 AND afterwards > 0 AND {_calm(evidence)}"
    )
    gaps -= late if late <= LATE_LOOKS_SHARE * known else 0
    answers = first_answers(evidence)
    lost = evidence.count(
        f"SELECT count(*) FROM {answers} WHERE xid IS NOT NULL AND xid NOT IN (SELECT xid FROM commits)"
    )
    said = [
        f"{gaps} of {known} acknowledged commits were not seen on another node within {GAP_US // 1000} ms, "
        "nor certainly missing there"
        if gaps
        else "",
        f"{lost} acknowledged commits are not in what was read of the log" if lost else "",
    ]
    return "; ".join(filter(None, said))


INVARIANT = Invariant(
    id="I42",
    sentence="No acknowledged payment is on one node only: at the answer another node has its commit on disk.",
    kind="safety",
    needs=("log_positions", "commits", "history", "status_history", "attempt_transitions", "refunds"),
    witness=Witness("acknowledged commits that another node had on disk", 20, _count),
    violations=_violations,
    unclear=_unclear,
)
