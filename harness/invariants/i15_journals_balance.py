"""I15: double entry. What goes in comes out, in every journal and in each currency."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import money, violation


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        """
        WITH off AS (
            SELECT journal_id, currency, sum(amount_minor) AS amount_minor FROM postings
            GROUP BY journal_id, currency HAVING sum(amount_minor) <> 0
        )
        SELECT CAST(o.journal_id AS VARCHAR) AS subject, o.currency, o.amount_minor, max(p.cause) AS cause,
            count(*) AS postings, max(p.payment_id) AS payment_id
        FROM off o JOIN postings p ON p.journal_id = o.journal_id AND p.currency = o.currency GROUP BY ALL
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
    return evidence.count("SELECT count(*) FROM postings")


INVARIANT = Invariant(
    id="I15",
    sentence="Every journal sums to zero in each currency, and so does the whole ledger.",
    kind="safety",
    needs=("postings",),
    witness=Witness("postings in the ledger", 40, _count),
    violations=_violations,
    whole=True,
)
