"""I17: what was once in the ledger stays there, whichever node is the primary now."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, money, violation

_CONTENT = "hash(journal_id, cause, account, currency, amount_minor)"
"""What a posting says, in eight bytes: most ledgers agree, and then no text need be kept to know it."""


def _violations(evidence: Evidence) -> Sequence[Violation]:
    """Journals of which a posting, seen while the run went on, is gone or another at the end."""
    rows = evidence.rows(
        f"""
        WITH lost AS (
            SELECT * FROM ledger_seen s ANTI JOIN (SELECT posting_id, {_CONTENT} AS content FROM postings) p
                ON p.posting_id = s.posting_id AND p.content = {_CONTENT}
        ), changed AS (
            SELECT l.*, p.cause AS now_cause, p.account AS now_account, p.amount_minor AS now_minor,
                p.currency AS now_currency FROM lost l LEFT JOIN postings p ON p.posting_id = l.posting_id
        )
        SELECT c.cause AS subject, min(c.seen_at_us) AS seen_us, count(*) AS postings,
            max(c.amount_minor) AS amount_minor,
            max(c.currency) AS currency, max(c.account) AS account, max(c.now_cause) AS now_cause,
            max(c.now_account) AS now_account, max(c.now_minor) AS now_minor, max(c.now_currency) AS now_currency,
            max(o.reference) AS reference
        FROM changed c LEFT JOIN attempts a ON a.attempt_id = split_part(c.cause, ':', 2)
        LEFT JOIN operations o ON o.operation_id = a.operation_id
        GROUP BY c.cause ORDER BY seen_us
        """
    )
    return [
        violation(
            row,
            f"{row['postings']} postings of {row['subject']} ({money(row['amount_minor'], row['currency'])}) were in "
            f"the ledger at {clock(evidence, row['seen_us'])}; at the end "
            + (
                f"the same ids say {row['now_cause']}, {row['now_account']}, "
                f"{money(row['now_minor'], row['now_currency'])}"
                if row["now_cause"]
                else "they are gone"
            ),
            size=row["postings"],
        )
        for row in rows
    ]


def _count(evidence: Evidence) -> int:
    """Postings that something could still take away: seen before the last fault was healed, or the load ended."""
    until_us = evidence.last_heal_us if evidence.fault_windows() else evidence.load_end_us
    return evidence.count("SELECT count(*) FROM ledger_seen WHERE seen_at_us < ?", [until_us])


INVARIANT = Invariant(
    id="I17",
    sentence="The ledger is append-only: what was in it while the run went on is in it at the end, unchanged.",
    kind="safety",
    needs=("ledger_seen", "postings", "attempts", "operations"),
    witness=Witness("postings seen in the ledger before the last fault was healed", 20, _count),
    violations=_violations,
)
