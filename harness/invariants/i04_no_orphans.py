"""I4: money that moved at a gateway without our knowing is an orphan."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import charges
from harness.invariants._telling import clock, first_of_each, money, violation


# A gateway's cancel call may carry no metadata at all: a void without ids is told apart by the charge that it releases.
def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        f"""
        WITH records AS (
            SELECT charge_id AS subject, charge_id, 'charge' AS kind, gateway, operation_id, attempt_id, reference,
                amount_minor, currency, created_at_us AS at_us, kept,
                merchant_id = '' OR reference = '' AS nameless, true AS charged FROM {charges(evidence)}
            UNION ALL
            SELECT movement_id, charge_id, kind, gateway, operation_id, attempt_id, reference, amount_minor, currency,
                at_us, true, false, false FROM gateway_movements
            WHERE kind IN ('capture', 'refund') OR (kind = 'void' AND attempt_id <> '')
        ), sound AS (
            SELECT hash(attempt_id, operation_id, gateway) AS owned FROM attempts
            WHERE state NOT IN ('declined', 'not_executed')
        ), suspects AS (
            SELECT r.* FROM records r ANTI JOIN sound
                ON owned = CASE WHEN NOT nameless THEN hash(attempt_id, operation_id, gateway) END
        ), odd AS MATERIALIZED (
            SELECT r.*, a.attempt_id AS known, a.operation_id AS owner, a.gateway AS sent_to, a.state
            FROM suspects r LEFT JOIN attempts a ON a.attempt_id = r.attempt_id
            WHERE a.attempt_id IS NULL OR a.operation_id <> r.operation_id OR a.gateway <> r.gateway
                OR r.nameless OR (r.kept AND a.state IN ('declined', 'not_executed'))
        )
        SELECT * FROM odd WHERE charged UNION ALL
        SELECT o.* FROM odd o ANTI JOIN {charges(evidence)} c ON c.attempt_id = o.attempt_id WHERE NOT o.charged
        ORDER BY at_us
        """
    )
    found = []
    for row in rows:
        told = (
            f"{row['kind']} {row['subject']} at {row['gateway']} ({money(row['amount_minor'], row['currency'])}, "
            f"at {clock(evidence, row['at_us'])})"
        )
        if row["known"] is None:
            what = f"{told} belongs to no attempt of ours (attempt id {row['attempt_id'] or 'missing'})"
        elif row["owner"] != row["operation_id"] or row["sent_to"] != row["gateway"]:
            what = (
                f"{told} carries operation {row['operation_id']}, but its attempt {row['attempt_id']} is of operation "
                f"{row['owner']} at {row['sent_to']}"
            )
        elif row["nameless"]:
            what = f"{told} names no merchant and reference, and neither does its operation {row['operation_id']}"
        else:
            what = f"{told} was executed and not reversed, but its attempt {row['attempt_id']} is {row['state']}"
        sum_of = row["subject"] if row["kind"] == "refund" else row["charge_id"]
        found.append(violation(row, what, size=2, sum_of=sum_of, seen_in=row["kind"]))
    return first_of_each(found)


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {charges(evidence)}")


INVARIANT = Invariant(
    id="I4",
    sentence="Every executed gateway record belongs to exactly one attempt of ours (no orphans).",
    kind="convergence",
    needs=("history", "gateway_charges", "gateway_movements", "operations", "attempts"),
    witness=Witness("charges that a gateway executed", 20, _count),
    violations=_violations,
)
