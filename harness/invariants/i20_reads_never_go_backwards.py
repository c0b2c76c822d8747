"""I20: what one session has seen stays seen; time runs one way for each reader."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._sessions import looks
from harness.invariants._telling import clock, first_of_each, violation


def _pairs(evidence: Evidence) -> str:
    """Return each look beside the newest one that its session had been answered before it was sent.

    Looks that overlap in time say nothing about each other.
    """
    return evidence.derive(
        "looks_in_a_row",
        f"""
        WITH often AS (
            SELECT arrival, merchant_id, subject FROM {looks(evidence)} GROUP BY ALL HAVING count(*) > 1
        ), several AS (SELECT * FROM {looks(evidence)} SEMI JOIN often USING (arrival, merchant_id, subject))
        SELECT l.op, any_value(l.subject) AS subject, any_value(l.merchant_id) AS merchant_id,
            any_value(l.reference) AS reference, any_value(l.replica) AS replica, any_value(l.sent_us) AS sent_us,
            any_value(l.found) AS found, any_value(l.version) AS version, any_value(l.got_status) AS status,
            max(e.version) AS seen_version, arg_max(e.got_status, e.version) AS seen_status,
            arg_max(e.replica, e.version) AS seen_at, arg_max(e.done_us, e.version) AS seen_us,
            bool_or(e.replica <> l.replica) AS elsewhere
        FROM several l JOIN several e
            ON e.arrival = l.arrival AND e.subject = l.subject AND e.merchant_id = l.merchant_id
            AND e.done_us < l.sent_us AND e.found
        GROUP BY l.op, l.sent_us
        """,
    )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(f"SELECT * FROM {_pairs(evidence)} WHERE NOT found OR version < seen_version ORDER BY sent_us")
    return first_of_each(
        violation(
            row,
            f"{row['merchant_id']} saw {row['subject']} as {row['seen_status']} (version {row['seen_version']}) at "
            f"{row['seen_at']} by {clock(evidence, row['seen_us'])}; asked again at {row['replica']} at "
            f"{clock(evidence, row['sent_us'])} it was shown "
            + (f"{row['status']} (version {row['version']})" if row["found"] else "nothing: 404"),
            size=2,
        )
        for row in rows
    )


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {_pairs(evidence)} WHERE elsewhere")


INVARIANT = Invariant(
    id="I20",
    sentence="Reads in one session never go backwards.",
    kind="safety",
    needs=("history", "versions"),
    witness=Witness("reads repeated by one session at another replica", 5, _count),
    violations=_violations,
)
