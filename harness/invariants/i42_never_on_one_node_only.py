"""I42: an acknowledged payment is on more than one node.

Losing one disk is what a standby is for. A payment that was acknowledged while one node alone had it is lost with that
node, whether or not a failover came this time: I2 sees what was lost, this sees what could have been.

PostgreSQL's manual says what an acknowledged commit means under synchronous replication (`synchronous_commit`, section
19.5.1 of version 18, read 2026-12-01): at `on`, a standby has flushed the commit record before the client hears of it.

A database of two nodes says beforehand that it goes on with one copy while its standby is away: that is counted, with
its money, and it is neither kept nor broken. While it has its standby, its promise is the same as that of three nodes.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Undecided, Violation, Witness
from harness.core.plain import Row
from harness.invariants._copies import DATABASE_PLACE, GAP_US, copies, outside_the_log, settled
from harness.invariants._telling import clock, money, violation
from harness.objectives.single_copy import alone, small_profile

LOOKED_US = 500_000
"""A standby that went or came is noticed so much later at most: each node is looked at ten times a second."""
LATE_LOOKS_SHARE = 0.02
"""So many acknowledged commits may have been looked for too late, and then been found, while the database was well."""
_Row = TypeVar("_Row", bound=Row)


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        f"""
        SELECT * FROM {copies(evidence)}
        WHERE primary_node IS NOT NULL AND (elsewhere = 0 OR NOT exact) AND lacking = others ORDER BY done_us
        """
    )
    seen = sum(row["exact"] for row in rows)
    rows, declared = _declared(evidence, rows)
    if not rows and (open_question := "; ".join(filter(None, [declared, _unclear(evidence, certain=seen)]))):
        raise Undecided(open_question)
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


def _declared(evidence: Evidence, rows: list[_Row]) -> tuple[list[_Row], str]:
    """Part from the rows those of which the database's profile says beforehand that they may be; return them in words.

    Both ends of such a stretch are known as well as somebody looked: answers of `LOOKED_US` around it are in it.
    """
    nodes = small_profile(evidence)
    spans = [(begin - LOOKED_US, end + LOOKED_US) for begin, end in alone(evidence)] if nodes else []
    alone_then = [row for row in rows if any(begin <= int(str(row["done_us"])) <= end for begin, end in spans)]
    if not alone_then:
        return rows, ""
    risked: Counter[str] = Counter()
    for row in {row["subject"]: row for row in alone_then}.values():
        risked[str(row["currency"])] += int(row["amount_minor"] or 0)
    told = ", ".join(money(amount, currency) for currency, amount in sorted(risked.items()))
    answers = f"{len(alone_then)} acknowledged states of payments and refunds ({told})"
    words = f"a database of {nodes} nodes does not promise it: {answers} were on one node only while it was alone"
    return [row for row in rows if row not in alone_then], words


def _count(evidence: Evidence) -> int:
    found = evidence.count(
        f"SELECT count(*) FROM {copies(evidence)} WHERE exact AND elsewhere > 0 AND primary_node IS NOT NULL"
    )
    return found + settled(evidence)


def _calm(evidence: Evidence) -> str:
    """Return the SQL condition that an answer came while nothing was done to the database or its replication."""
    windows = [(begin, end) for _, place, begin, end in evidence.fault_windows() if DATABASE_PLACE.search(place)]
    return " AND ".join(f"done_us NOT BETWEEN {begin} AND {end}" for begin, end in windows) or "true"


def _unclear(evidence: Evidence, *, certain: int) -> str:
    """Return what nobody saw in time, of all but those `certain` to have been on one node only.

    A machine that stands still for a moment makes looks late: in calm times, a few that came late are let be.
    """
    known = evidence.count(f"SELECT count(*) FROM {copies(evidence)} WHERE exact") + settled(evidence)
    gaps = known - certain - _count(evidence)
    late = evidence.count(
        f"SELECT count(*) FROM {copies(evidence)} "
        f"WHERE exact AND elsewhere = 0 AND afterwards > 0 AND {_calm(evidence)}"
    )
    gaps -= late if late <= LATE_LOOKS_SHARE * known else 0
    lost = outside_the_log(evidence)
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
    whole=True,
)
