"""I57: a card that one gateway declines for good is not carried to the next one.

Which declines invite another try is for the gateway to say. Stripe lists the decline codes whose next step is to try
again (docs.stripe.com/declines/codes), PayPal has one processor response code for it, 9100 "declined, please retry"
(developer.paypal.com, enumeration of processor response codes); looked up on 2026-12-01. At a plain acquirer it is ISO
8583's 91, issuer or switch inoperative. Every other decline is the issuer's word about the card: it is not a question
that another acquirer is asked again.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, violation

TRY_AGAIN = {
    "stripe": (
        "approve_with_id",
        "issuer_not_available",
        "processing_error",
        "reenter_transaction",
        "try_again_later",
    ),
    "paypal": ("9100",),
    "acquirer": ("91",),
}
"""Decline codes by gateway that say: the same card may be tried again."""

_SOFT = " OR ".join(
    f"(c.gateway = '{gateway}' AND c.decline_code IN ({', '.join(repr(code) for code in codes)}))"
    for gateway, codes in TRY_AGAIN.items()
)


def _hard(evidence: Evidence) -> str:
    """Return the declines that are final: operation, gateway, when, and the gateway's word."""
    return evidence.derive(
        "hard_declines",
        f"""
        SELECT c.operation_id, c.attempt_id, c.gateway, c.decline_code, min(c.answered_at_us) AS at_us
        FROM gateway_calls c WHERE c.result = 'declined' AND c.decline_code <> '' AND c.operation_id <> ''
            AND c.answered_at_us IS NOT NULL AND NOT ({_SOFT})
        GROUP BY ALL
        """,
    )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        f"""
        SELECT d.operation_id AS subject, d.gateway, d.decline_code, d.at_us, c.gateway AS other, c.endpoint,
            c.arrived_at_us, c.result, o.reference, o.amount_minor, o.currency
        FROM {_hard(evidence)} d JOIN gateway_calls c ON c.operation_id = d.operation_id AND c.gateway <> d.gateway
            AND c.arrived_at_us > d.at_us AND c.endpoint IN ('create', 'confirm', 'order', 'capture')
        LEFT JOIN operations o ON o.operation_id = d.operation_id ORDER BY c.arrived_at_us
        """
    )
    return first_of_each(
        violation(
            row,
            f"operation {row['subject']} ({row['reference']}) was declined for good by {row['gateway']} "
            f"({row['decline_code']}) at {clock(evidence, row['at_us'])}, and was tried at {row['other']} "
            f"({row['endpoint']}: {row['result']}) at {clock(evidence, row['arrived_at_us'])} all the same",
            size=2,
        )
        for row in rows
    )


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(DISTINCT operation_id) FROM {_hard(evidence)}")


INVARIANT = Invariant(
    id="I57",
    sentence="After a decline that its gateway does not call retryable, no other gateway is asked for that payment.",
    kind="safety",
    needs=("gateway_calls", "operations"),
    witness=Witness("payments that a gateway declined for good", 5, _count),
    violations=_violations,
)
