"""I15: double entry. What goes in comes out, in every journal and in each currency."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import money, violation


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        """
        SELECT CAST(p.journal_id AS VARCHAR) AS subject, p.currency, sum(p.amount_minor) AS amount_minor,
            max(p.cause) AS cause, count(*) AS postings, max(p.payment_id) AS payment_id
        FROM postings p GROUP BY p.journal_id, p.currency HAVING sum(p.amount_minor) <> 0
        """
    )
    found = [
        violation(
            row,
            f"journal {row['subject']} ({row['cause']}, payment {row['payment_id']}) does not balance: its "
            f"{row['postings']} postings leave {money(row['amount_minor'], row['currency'])}",
            amount_minor=abs(row["amount_minor"]),
            size=row["postings"],
        )
        for row in rows
    ]
    totals = evidence.rows(
        "SELECT 'ledger ' || currency AS subject, currency, sum(amount_minor) AS amount_minor, count(*) AS postings "
        "FROM postings GROUP BY currency HAVING sum(amount_minor) <> 0"
    )
    return found + [
        violation(
            row,
            f"the whole ledger is off by {money(row['amount_minor'], row['currency'])}",
            amount_minor=0,
            size=row["postings"],
        )
        for row in totals
    ]


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(DISTINCT journal_id) FROM postings")


INVARIANT = Invariant(
    id="I15",
    sentence="Every journal sums to zero in each currency, and so does the whole ledger.",
    kind="safety",
    needs=("postings",),
    witness=Witness("journals in the ledger", 20, _count),
    violations=_violations,
)
