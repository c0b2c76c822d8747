"""I14: one integer and one currency, from the client's intent to the gateway's ledger and our books."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.core.plain import Cell, Row
from harness.invariants._bookings import CLEARING, SIGNED_MINOR, booked_fold, moved_fold
from harness.invariants._facts import charges, intents, moves
from harness.invariants._folding import differing, within
from harness.invariants._telling import first_of_each, money, violation

_OTHER = "({0}.currency <> {1}.currency AND upper({0}.currency) <> upper({1}.currency))"
"""Another currency, however it is spelt; most rows are settled by the first, cheap comparison."""


def _told(rows: Sequence[Row], place: str) -> list[Violation]:
    return [
        violation(
            row,
            f"{row['kind']} {row['reference']}: the client meant {money(_int(row['amount_minor']), _text(row))}, "
            f"{row['place'] or place} says {money(_int(row['other_minor']), str(row['other_currency']))}"
            + (f" with {row['other_exponent']} decimals" if row.get("other_exponent") is not None else ""),
            amount_minor=_wrong_minor(row),
            size=2,
            # A refund is a sum of its own; what a payment was charged and what was captured of it is one.
            sum_of=row["reference"] if row["kind"] == "refund" else row["payment_id"],
            seen_in=str(row["kind"]),
        )
        for row in rows
    ]


def _wrong_minor(row: Row) -> int:
    """Return how much is at stake: the difference, or all of it where it is another currency."""
    meant_minor, said_minor = _int(row["amount_minor"]) or 0, _int(row["other_minor"]) or 0
    if str(row["currency"]).upper() != str(row["other_currency"]).upper():
        return abs(meant_minor)
    return abs(meant_minor - said_minor)


def _int(value: Cell) -> int | None:
    return int(str(value)) if value is not None else None


def _text(row: Row) -> str:
    return str(row["currency"])


def _created(evidence: Evidence) -> list[Violation]:
    """The payment's amount: in our row and at the gateway."""
    rows = evidence.rows(
        f"""
        WITH others AS (
            SELECT merchant_id, reference, 'the database' AS place, payment_id AS id, amount_minor, currency,
                exponent, payment_id FROM payments
            UNION ALL
            SELECT merchant_id, reference, gateway, charge_id, amount_minor, currency, NULL, payment_id
            FROM {charges(evidence)}
        )
        SELECT i.reference AS subject, i.kind, i.reference, i.amount_minor, i.currency, o.payment_id,
            o.place || ' (' || o.id || ')' AS place,
            o.amount_minor AS other_minor, o.currency AS other_currency, o.exponent AS other_exponent
        FROM {intents(evidence)} i JOIN others o ON o.merchant_id = i.merchant_id AND o.reference = i.reference
        WHERE i.kind = 'create' AND i.amount_minor IS NOT NULL AND (o.amount_minor <> i.amount_minor
            OR {_OTHER.format("o", "i")} OR o.exponent <> i.exponent)
        """
    )
    return _told(rows, "")


def _answered(evidence: Evidence) -> list[Violation]:
    """The amount in the answer that the client got to its own request."""
    rows = evidence.rows(
        """
        SELECT reference AS subject, kind, reference, amount_minor, currency, 'the answer (' || coalesce(
            got_refund_id, got_payment_id, op) || ')' AS place, got_amount_minor AS other_minor,
            got_currency AS other_currency, got_payment_id AS payment_id FROM history
        WHERE kind IN ('create', 'refund') AND outcome <> 'FAILED' AND amount_minor IS NOT NULL
            AND (got_amount_minor <> amount_minor
                OR (got_currency <> currency AND upper(got_currency) <> upper(currency)))
        """
    )
    return _told(rows, "the answer")


def _moved(evidence: Evidence) -> list[Violation]:
    """Captures and refunds that a merchant asked for: the gateway's movement and our refund row."""
    rows = evidence.rows(
        f"""
        WITH others AS (
            SELECT merchant_id, intent AS reference, kind, gateway AS place, movement_id AS id, amount_minor,
                currency, payment_id FROM {moves(evidence)} WHERE kind IN ('capture', 'refund') AND NOT reversal
            UNION ALL
            SELECT merchant_id, reference, 'refund', 'the database', refund_id, amount_minor, currency, payment_id
            FROM refunds
        )
        SELECT i.reference AS subject, i.kind, i.reference, i.amount_minor,
            coalesce(i.currency, o.currency) AS currency, o.place || ' (' || o.id || ')' AS place,
            o.amount_minor AS other_minor, o.currency AS other_currency, o.payment_id
        FROM {intents(evidence)} i JOIN others o
            ON o.merchant_id = i.merchant_id AND o.reference = i.reference AND o.kind = i.kind
        WHERE i.kind IN ('capture', 'refund') AND i.amount_minor IS NOT NULL AND (o.amount_minor <> i.amount_minor
            OR {_OTHER.format("o", "i")})
        """
    )
    return _told(rows, "")


def _booked(evidence: Evidence) -> list[Violation]:
    """What our ledger booked for an attempt against what the gateway moved for it."""
    asked = "kind <> 'void' AND NOT reversal"
    moved = moved_fold(evidence, "fold_of_asked_moves", asked)
    suspects = differing(evidence, "misbooked_moves", moved, booked_fold(evidence))
    rows = evidence.rows(
        f"""
        WITH booked AS (
            SELECT attempt_id, sum(amount_minor) AS amount_minor, max(currency) AS currency
            FROM postings {within(suspects, "attempt_id")} WHERE {CLEARING} GROUP BY attempt_id
        ), moved AS (
            SELECT attempt_id, max(intent) AS reference, max(kind) AS kind, max(currency) AS currency,
                max(payment_id) AS payment_id, sum({SIGNED_MINOR}) AS amount_minor
            FROM {moves(evidence)} {within(suspects, "attempt_id")} WHERE {asked} GROUP BY attempt_id
            HAVING count(*) = 1
        )
        SELECT m.reference AS subject, m.kind, m.reference, m.amount_minor, m.currency, m.payment_id,
            'our ledger (attempt ' || m.attempt_id || ')' AS place, b.amount_minor AS other_minor,
            b.currency AS other_currency
        FROM moved m JOIN booked b ON b.attempt_id = m.attempt_id
        WHERE b.amount_minor <> 0 AND (b.amount_minor <> m.amount_minor OR {_OTHER.format("b", "m")})
        """
    )
    return _told(rows, "our ledger")


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_created(evidence), *_answered(evidence), *_moved(evidence), *_booked(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {intents(evidence)} WHERE kind = 'create' AND oks > 0")


INVARIANT = Invariant(
    id="I14",
    sentence="Amount, currency and exponent are the same integer everywhere: client, gateway, database and ledger.",
    kind="safety",
    needs=("history", "gateway_charges", "gateway_movements", "operations", "payments", "refunds", "postings"),
    spares=("operations", "payments", "refunds", "postings"),
    witness=Witness("payments whose amount could be compared", 20, _count),
    violations=_violations,
)
