"""I12: never take more than the shopper agreed to, and nothing after letting go."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import intents
from harness.invariants._telling import clock, first_of_each, money, violation

ENDED = {"void": "voided", "expire": "let go at the end of its validity"}


def _at_gateways(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        """
        WITH sums AS (
            SELECT hash(gateway, charge_id) AS charge,
                sum(CASE kind WHEN 'capture' THEN amount_minor END) AS taken_minor,
                max(CASE kind WHEN 'capture' THEN at_us END) AS last_us,
                min(CASE kind WHEN 'capture' THEN NULL ELSE at_us END) AS ended_us
            FROM gateway_movements WHERE kind IN ('capture', 'void', 'expire') GROUP BY charge
        ), suspects AS (
            SELECT charge FROM sums JOIN gateway_charges c ON hash(c.gateway, c.charge_id) = charge
            WHERE taken_minor > greatest(c.authorized_minor, c.amount_minor) OR last_us > ended_us
        ), taken AS (
            SELECT gateway, charge_id, sum(amount_minor) FILTER (kind = 'capture') AS captured_minor,
                min(at_us) FILTER (kind IN ('void', 'expire')) AS void_us,
                arg_min(kind, at_us) FILTER (kind IN ('void', 'expire')) AS went,
                max(at_us) FILTER (kind = 'capture') AS capture_us, count(*) AS moves
            FROM gateway_movements SEMI JOIN suspects ON charge = hash(gateway, charge_id)
            WHERE kind IN ('capture', 'void', 'expire') GROUP BY gateway, charge_id
        )
        SELECT c.charge_id AS subject, c.gateway, c.payment_id, c.reference, c.currency, t.captured_minor, t.void_us,
            t.went,
            t.capture_us, t.moves, greatest(c.authorized_minor, c.amount_minor) AS held_minor
        FROM taken t JOIN gateway_charges c ON c.gateway = t.gateway AND c.charge_id = t.charge_id
        WHERE t.captured_minor > greatest(c.authorized_minor, c.amount_minor) OR t.capture_us > t.void_us
        """
    )
    found = []
    for row in rows:
        taken = f"charge {row['subject']} at {row['gateway']} ({row['reference']}): {row['captured_minor']} captured"
        if row["captured_minor"] > row["held_minor"]:
            over_minor = row["captured_minor"] - row["held_minor"]
            what = f"{taken} of {money(row['held_minor'], row['currency'])} authorised"
        else:
            over_minor = row["captured_minor"]
            what = (
                f"{taken} at {clock(evidence, row['capture_us'])}, "
                f"after it was {ENDED[row['went']]} at {clock(evidence, row['void_us'])}"
            )
        payment = row["payment_id"]
        size = row["moves"] + 1
        found.append(violation(row, what, amount_minor=over_minor, size=size, sum_of=payment, seen_in="gateways"))
    return found


def _in_database(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        """
        SELECT payment_id AS subject, *, CASE
            WHEN status IN ('canceled', 'expired', 'failed') AND captured_minor > 0 THEN captured_minor
            WHEN captured_minor > authorized_minor THEN captured_minor - authorized_minor
            ELSE authorized_minor - amount_minor END AS over_minor
        FROM payments
        WHERE captured_minor > authorized_minor OR authorized_minor > amount_minor
            OR (status IN ('canceled', 'expired', 'failed') AND captured_minor > 0)
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}) is {row['status']} with {row['captured_minor']} captured "
            f"and {row['authorized_minor']} authorised of {money(row['amount_minor'], row['currency'])}",
            amount_minor=row["over_minor"],
            sum_of=row["subject"],
            seen_in="database",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_at_gateways(evidence), *_in_database(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {intents(evidence)} WHERE kind IN ('capture', 'void') AND oks > 0")


INVARIANT = Invariant(
    id="I12",
    sentence="Captures never exceed the authorisation; none happens after a void or expiry.",
    kind="safety",
    needs=("history", "gateway_charges", "gateway_movements", "payments"),
    witness=Witness("captures and voids of earlier authorisations", 3, _count),
    violations=_violations,
)
