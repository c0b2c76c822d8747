"""I16: our clearing accounts tell the same story as the gateways' books, movement by movement."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._bookings import CLEARING, SIGNED_MINOR, booked_fold, moved_fold
from harness.invariants._facts import charges, moves
from harness.invariants._folding import differing, fold, times, within
from harness.invariants._telling import first_of_each, money, violation

_OPEN = "(SELECT attempt_id FROM attempts WHERE state IN ('prepared', 'dispatched', 'unknown', 'manual'))"
"""Attempts that nobody has decided yet: what they moved may be booked later (whether they drain is I6's question)."""


_CAPTURED_MINOR = "CASE kind WHEN 'capture' THEN amount_minor ELSE 0 END"
_REFUNDED_MINOR = "CASE kind WHEN 'refund' THEN amount_minor WHEN 'refund_failed' THEN -amount_minor ELSE 0 END"
"""What a movement adds to the two amounts in a payment's own row."""


def _suspects(evidence: Evidence) -> str:
    """Return the buckets of attempts in which movements and bookings are not the same, one for one."""
    moved = moved_fold(evidence, "fold_of_moves", "kind <> 'void'")
    return differing(evidence, "unbooked_moves", moved, booked_fold(evidence))


def _sides(evidence: Evidence) -> str:
    """Return net amounts for each (gateway, currency, attempt): what the gateway moved and what we booked.

    Only of attempts among the suspects: of all others both sides are known to be the same.
    """
    suspects = _suspects(evidence)
    return evidence.derive(
        "booked_and_moved",
        f"""
        WITH undone AS (SELECT gateway, charge_id FROM {charges(evidence)} WHERE reversed_minor > 0 AND NOT kept),
        moved AS (
            SELECT m.gateway, upper(m.currency) AS currency, m.attempt_id, max(m.intent) AS reference,
                max(m.payment_id) AS payment_id,
                sum({SIGNED_MINOR}) AS moved_minor, count(*) AS moves,
                bool_or(u.charge_id IS NOT NULL) OR (bool_or(m.kind = 'refund_failed') AND sum({SIGNED_MINOR}) = 0)
                    AS undone
            FROM {moves(evidence)} m {within(suspects, "m.attempt_id")}
            LEFT JOIN undone u ON u.gateway = m.gateway AND u.charge_id = m.charge_id
            WHERE m.kind <> 'void' GROUP BY m.gateway, upper(m.currency), m.attempt_id
        ), booked AS (
            SELECT split_part(account, ':', 2) AS gateway, upper(currency) AS currency, attempt_id,
                sum(amount_minor) AS booked_minor, count(*) AS journals, max(cause) AS cause,
                max(payment_id) AS payment_id
            FROM postings {within(suspects, "attempt_id")} WHERE {CLEARING} GROUP BY ALL
        )
        SELECT coalesce(m.gateway, b.gateway) AS gateway, coalesce(m.currency, b.currency) AS currency,
            coalesce(m.attempt_id, b.attempt_id) AS attempt_id, m.reference, coalesce(m.moved_minor, 0) AS moved_minor,
            coalesce(b.booked_minor, 0) AS booked_minor, coalesce(m.moves, 0) AS moves,
            coalesce(b.journals, 0) AS journals, coalesce(m.undone, false) AS undone, b.cause,
            coalesce(m.payment_id, b.payment_id) AS payment_id
        FROM moved m FULL JOIN booked b
            ON b.gateway = m.gateway AND b.currency = m.currency AND b.attempt_id = m.attempt_id
        """,
    )


def _attempts(evidence: Evidence) -> list[Violation]:
    """One journal for one movement. A charge that the system took back in full, or a refund that its gateway took back
    in full, may be booked with its reversal or not at all; either way it comes to nothing, which the totals check.
    """
    rows = evidence.rows(
        f"""
        SELECT s.attempt_id AS subject, s.* EXCLUDE (payment_id), coalesce(a.payment_id, s.payment_id) AS payment_id
        FROM {_sides(evidence)} s LEFT JOIN attempts a ON a.attempt_id = s.attempt_id
        ANTI JOIN {_OPEN} o ON o.attempt_id = s.attempt_id
        WHERE (s.moves <> s.journals OR s.moved_minor <> s.booked_minor) AND NOT (s.undone AND s.journals = 0)
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['reference'] or row['cause']}) at {row['gateway']}: the gateway moved "
            f"{money(row['moved_minor'], row['currency'])} in {row['moves']} movements, our clearing account has "
            f"{money(row['booked_minor'], row['currency'])} in {row['journals']} journals",
            amount_minor=abs(row["moved_minor"] - row["booked_minor"]),
            size=max(1, row["moves"] + row["journals"]),
            sum_of=row["payment_id"],
            seen_in="attempts",
        )
        for row in rows
    ]


def _totals(evidence: Evidence) -> list[Violation]:
    """Each clearing account as a whole; where no attempt is suspect, the totals cannot differ."""
    if not evidence.count(f"SELECT count(*) FROM {_suspects(evidence)}"):
        return []
    rows = evidence.rows(
        f"""
        WITH lines AS (
            SELECT gateway, upper(currency) AS currency, attempt_id, {SIGNED_MINOR} AS moved_minor,
                0 AS booked_minor, 1 AS moves FROM {moves(evidence)} WHERE kind <> 'void'
            UNION ALL
            SELECT split_part(account, ':', 2), upper(currency), attempt_id, 0, amount_minor, 0
            FROM postings WHERE {CLEARING}
        )
        SELECT s.gateway || ' ' || s.currency AS subject, s.gateway, s.currency, sum(s.moved_minor) AS moved_minor,
            sum(s.booked_minor) AS booked_minor, sum(s.moves) AS moves
        FROM lines s ANTI JOIN {_OPEN} o ON o.attempt_id = s.attempt_id
        GROUP BY s.gateway, s.currency HAVING sum(s.moved_minor) <> sum(s.booked_minor)
        """
    )
    return [
        violation(
            row,
            f"clearing account of {row['gateway']} in {row['currency']}: we have "
            f"{money(row['booked_minor'], row['currency'])}, the gateway's books say "
            f"{money(row['moved_minor'], row['currency'])}",
            amount_minor=0,
            size=int(row["moves"]) + 1,
        )
        for row in rows
    ]


def _misreported(evidence: Evidence) -> str:
    """Return the buckets of payments whose captured and refunded amounts are not the sums of their movements."""
    captured, refunded = (
        tuple(times(amount, "payment_id", "upper(currency)", f"'{what}'") for amount in amounts)
        for what, amounts in (
            ("captured", (_CAPTURED_MINOR, "captured_minor")),
            ("refunded", (_REFUNDED_MINOR, "refunded_minor")),
        )
    )
    counted = f"{moves(evidence)} m WHERE kind <> 'void' AND NOT reversal"
    moved = fold(evidence, "fold_of_payments_moves", "payment_id", f"{captured[0]} + {refunded[0]}", counted)
    told = fold(evidence, "fold_of_payments", "payment_id", f"{captured[1]} + {refunded[1]}", "payments")
    return differing(evidence, "misreported_payments", moved, told)


def _payments(evidence: Evidence) -> list[Violation]:
    """What a payment's own row says was captured and refunded is what the gateways did for it.

    Charges that the system took back count for nothing; payments with moves in another currency are I14's.
    """
    suspects = _misreported(evidence)
    rows = evidence.rows(
        f"""
        WITH undone AS (SELECT gateway, charge_id FROM {charges(evidence)} WHERE reversed_minor > 0 AND NOT kept),
        moved AS (
            SELECT m.payment_id, max(upper(m.currency)) AS currency, count(DISTINCT upper(m.currency)) AS currencies,
                sum({_CAPTURED_MINOR}) AS captured_minor, sum({_REFUNDED_MINOR}) AS refunded_minor
            FROM {moves(evidence)} m {within(suspects, "m.payment_id")}
            ANTI JOIN undone u ON u.gateway = m.gateway AND u.charge_id = m.charge_id
            WHERE m.kind <> 'void' AND NOT m.reversal GROUP BY m.payment_id
        )
        SELECT p.payment_id AS subject, p.reference, p.currency, p.captured_minor, p.refunded_minor,
            coalesce(m.captured_minor, 0) AS moved_minor, coalesce(m.refunded_minor, 0) AS returned_minor
        FROM payments p {within(suspects, "p.payment_id")} LEFT JOIN moved m ON m.payment_id = p.payment_id
        ANTI JOIN (SELECT a.payment_id FROM attempts a SEMI JOIN {_OPEN} o ON o.attempt_id = a.attempt_id) o
            ON o.payment_id = p.payment_id
        WHERE coalesce(m.currencies, 1) = 1 AND coalesce(m.currency, upper(p.currency)) = upper(p.currency)
            AND (coalesce(p.captured_minor, 0) <> coalesce(m.captured_minor, 0)
                OR coalesce(p.refunded_minor, 0) <> coalesce(m.refunded_minor, 0))
        ORDER BY p.created_at_us
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}) says {money(row['captured_minor'], row['currency'])} "
            f"captured and {money(row['refunded_minor'], row['currency'])} refunded, the gateways "
            f"{money(row['moved_minor'], row['currency'])} and {money(row['returned_minor'], row['currency'])}",
            amount_minor=abs((row["captured_minor"] or 0) - row["moved_minor"])
            + abs((row["refunded_minor"] or 0) - row["returned_minor"]),
            size=2,
            sum_of=row["subject"],
            seen_in="payments",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_attempts(evidence), *_totals(evidence), *_payments(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM gateway_movements WHERE kind IN ('capture', 'refund')")


INVARIANT = Invariant(
    id="I16",
    sentence="Our clearing accounts and payments equal the gateways' books; each money movement has exactly one "
    "journal.",
    kind="convergence",
    needs=("history", "gateway_charges", "gateway_movements", "operations", "attempts", "postings", "payments"),
    witness=Witness("captures and refunds at the gateways", 20, _count),
    violations=_violations,
    whole=True,
)
