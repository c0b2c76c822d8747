"""I1: the most expensive bug in payments is charging twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import charged, charges, intents, repeated
from harness.invariants._telling import clock, grouped, money, some, violation
from harness.objectives.workers import lost_workers


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return [*_charged_again(evidence), *_unasked(evidence)]


def _charged_again(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT c.merchant_id, c.reference, c.reference AS subject, c.gateway, c.charge_id, c.amount_minor, c.currency,
            c.status, c.created_at_us, i.sends, coalesce(r.times, 1) AS times
        FROM {charges(evidence)} c
        JOIN {charged(evidence)} t ON t.merchant_id = c.merchant_id AND t.reference = c.reference
        LEFT JOIN {repeated(evidence)} r
            ON r.merchant_id = c.merchant_id AND r.reference = c.reference AND r.kind = 'create'
        LEFT JOIN (SELECT * FROM {intents(evidence)} WHERE kind = 'create') i
            ON i.merchant_id = c.merchant_id AND i.reference = c.reference
        WHERE c.kept AND t.kept > coalesce(r.times, 1) AND c.reference <> '' ORDER BY c.created_at_us
        """
    )
    found = []
    for (merchant_id, reference), held in grouped(rows, "merchant_id", "reference").items():
        told = some(
            f"{row['charge_id']} at {row['gateway']} ({money(row['amount_minor'], row['currency'])}, {row['status']}, "
            f"at {clock(evidence, row['created_at_us'])})"
            for row in held
        )
        what = f"payment {reference} of {merchant_id} is charged {len(held)} times{_asked(held)}, "
        what += f"and nothing was given back: {told}"
        # As many as the client meant are not too much.
        extra_minor = sum(row["amount_minor"] for row in held[held[0]["times"] :])
        found.append(
            violation(
                held[0], what, amount_minor=extra_minor, size=len(held), sum_of=reference, seen_in="charged again"
            )
        )
    return found


def _asked(held: Sequence[Mapping[str, Any]]) -> str:
    """Return how often the client sent it, in words, and who must have repeated it where it was not the client."""
    sends = held[0]["sends"]
    if not sends:
        return ""
    told = f" (the client sent it {'once' if sends == 1 else f'{sends} times'}"
    others = ": whoever stands behind the client repeated it" if sends < len(held) else ""
    return f"{told}{others})"


def _unasked(evidence: Evidence) -> list[Violation]:
    """Charges of a system that is not ours for what no client asked to pay.

    Such a system may charge again under another form of the reference, or under none. In ours that is an orphan (I4).
    Where a lost worker's last requests are not in the history, nobody knows what was asked.
    """
    if not evidence.from_outside or not all(item.complete for item in lost_workers(evidence)):
        return []
    rows = evidence.rows(
        f"""
        SELECT c.reference, c.charge_id AS subject, c.gateway, c.charge_id, c.amount_minor, c.currency, c.created_at_us
        FROM {charges(evidence)} c ANTI JOIN (SELECT * FROM {intents(evidence)} WHERE kind = 'create') i
            ON i.merchant_id = c.merchant_id AND i.reference = c.reference
        WHERE c.kept ORDER BY c.created_at_us
        """
    )
    return [
        violation(
            row,
            f"{row['charge_id']} at {row['gateway']} ({money(row['amount_minor'], row['currency'])}, at "
            f"{clock(evidence, row['created_at_us'])}) is for {row['reference'] or 'no payment at all'}, and no client "
            "asked to pay that: somebody was charged again, or somebody else uses this system",
            sum_of=row["reference"],
            seen_in="not asked for",
        )
        for row in rows
    ]


def _count(evidence: Evidence) -> int:
    return evidence.count(
        f"""
        SELECT count(*) FROM {intents(evidence)} i
        JOIN {charged(evidence)} c ON c.merchant_id = i.merchant_id AND c.reference = i.reference
        WHERE i.kind = 'create' AND i.sends > 1
        """
    )


INVARIANT = Invariant(
    id="I1",
    sentence="One logical payment is charged at most once over all gateways together; "
    "every extra authorisation is voided or refunded by convergence.",
    kind="safety",
    needs=("history", "gateway_charges", "gateway_movements", "operations"),
    spares=("operations",),
    witness=Witness("charged payments that a client had sent more than once", 5, _count),
    violations=_violations,
)
