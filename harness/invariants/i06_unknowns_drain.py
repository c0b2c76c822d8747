"""I6: an unknown is a debt. It is paid with evidence, or handed to people; it is never forgotten or guessed away."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, violation

GUESSES = "('', 'timeout', 'poll', 'polls', 'age', 'expired', 'give_up', 'miss', 'misses', 'lookup_miss', 'absent')"
"""Evidence that is none: time passing, or not finding something in an index that lags."""


def _left_over(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        """
        SELECT a.attempt_id AS subject, a.*, o.reference, o.state AS operation_state, o.manual_reason
        FROM attempts a LEFT JOIN operations o ON o.operation_id = a.operation_id
        WHERE a.state IN ('prepared', 'dispatched', 'unknown')
            OR (a.state = 'manual' AND coalesce(o.manual_reason, '') = '')
        ORDER BY a.prepared_at_us
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['reference']}) at {row['gateway']}, prepared at "
            f"{clock(evidence, row['prepared_at_us'])}, is still {row['state']} after the run had settled"
            + (", with no reason given to the people who must decide" if row["state"] == "manual" else ""),
        )
        for row in rows
    ]


def _undecided(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        """
        SELECT o.operation_id AS subject, o.* FROM operations o
        ANTI JOIN (SELECT operation_id FROM attempts WHERE state IN ('prepared', 'dispatched', 'unknown')) a
            ON a.operation_id = o.operation_id
        WHERE o.state IN ('open', 'unknown') OR (o.state = 'manual' AND coalesce(o.manual_reason, '') = '')
        ORDER BY o.created_at_us
        """
    )
    return [
        violation(
            row,
            f"operation {row['subject']} ({row['kind']} {row['reference']}), begun at "
            f"{clock(evidence, row['created_at_us'])}, is still {row['state']} although no attempt of it is",
        )
        for row in rows
    ]


def _guessed(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT t.attempt_id AS subject, t.*, a.amount_minor, a.currency, a.gateway, o.reference
        FROM attempt_transitions t LEFT JOIN attempts a ON a.attempt_id = t.attempt_id
        LEFT JOIN operations o ON o.operation_id = t.operation_id
        WHERE t.from_state = 'unknown' AND (
            (t.to_state <> 'manual' AND lower(coalesce(t.evidence, '')) IN {GUESSES})
            OR (t.to_state = 'not_executed' AND lower(coalesce(t.evidence, '')) = 'lookup'))
        ORDER BY t.at_us
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['reference']}) at {row['gateway']} was unknown and was relabelled "
            f"{row['to_state']} at {clock(evidence, row['at_us'])} on no better evidence than "
            f"{row['evidence'] or 'nothing'!r}",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_left_over(evidence), *_undecided(evidence), *_guessed(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(DISTINCT attempt_id) FROM attempt_transitions WHERE to_state = 'unknown'")


INVARIANT = Invariant(
    id="I6",
    sentence="Unknowns drain: after settling none is left but in the manual queue, and none was relabelled without "
    "evidence.",
    kind="convergence",
    needs=("operations", "attempts", "attempt_transitions"),
    witness=Witness("attempts whose outcome was unknown for a while", 3, _count),
    violations=_violations,
)
