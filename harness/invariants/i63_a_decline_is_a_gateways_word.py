"""I63: a decline is a gateway's own word. Who was never asked has declined nothing.

A decline is final for its card and is told to the shopper as their bank's answer (docs.stripe.com/declines), so a
system that makes one up turns good money away: a movement that its own code found no way to send, a gateway that
could not be reached, an answer that was read as another. Such a request came to nothing, and is told as that.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, money, violation


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        """
        SELECT a.attempt_id AS subject, a.payment_id, a.gateway, a.code, a.amount_minor, a.currency, a.decided_at_us,
            o.kind, o.reference
        FROM attempts a ANTI JOIN gateway_calls c ON c.attempt_id = a.attempt_id
        LEFT JOIN operations o ON o.operation_id = a.operation_id
        WHERE a.state = 'declined' ORDER BY a.decided_at_us
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['kind']} {row['reference']} of payment {row['payment_id']}, "
            f"{money(row['amount_minor'], row['currency'])}) counts as declined by {row['gateway']} ({row['code']}) "
            f"since {clock(evidence, row['decided_at_us'])}, but {row['gateway']} was never asked for it",
            size=2,
        )
        for row in rows
    ]


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM attempts WHERE state = 'declined'")


INVARIANT = Invariant(
    id="I63",
    sentence="What counts as declined by a gateway was asked of that gateway.",
    kind="safety",
    needs=("attempts", "operations", "gateway_calls"),
    witness=Witness("attempts that count as declined", 5, _count),
    violations=_violations,
)
