"""What our ledger booked for gateways and what they moved, folded by attempt so that the two can be compared."""

from harness.core.evidence import Evidence
from harness.invariants._facts import moves
from harness.invariants._folding import fold

SIGNED_MINOR = "CASE WHEN kind IN ('refund', 'dispute', 'dispute_fee') THEN -amount_minor ELSE amount_minor END"
"""What a movement adds to the clearing account: a dispute and its fee take money away, a refund that failed
and a dispute that was won bring it back."""

CLEARING = "account LIKE 'gateway:%:clearing'"
"""Postings to the clearing account of a gateway."""


def booked_fold(evidence: Evidence) -> str:
    """Return the fold, by attempt, of what we booked for gateways; see `moved_fold`."""
    entry = "hash(split_part(account, ':', 2), upper(currency), attempt_id, amount_minor)"
    return fold(evidence, "fold_of_bookings", "attempt_id", entry, f"postings WHERE {CLEARING}")


def moved_fold(evidence: Evidence, name: str, which: str) -> str:
    """Return the fold, by attempt, of the movements that meet the condition `which`.

    It agrees with `booked_fold` where each of them has one booking: of its amount, at its gateway and for its attempt.
    """
    entry = f"hash(gateway, upper(currency), attempt_id, {SIGNED_MINOR})"
    return fold(evidence, name, "attempt_id", entry, f"{moves(evidence)} WHERE {which}")
