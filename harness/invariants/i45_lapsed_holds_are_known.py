"""I45: a hold that its gateway let go of is no promise to the merchant any more."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import lapsed_holds
from harness.invariants._telling import clock, first_of_each, violation
from harness.invariants._waiting import unsettled

_WAITING = ("created", "processing", "requires_action", "authorized")


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        f"""
        WITH told AS (
            SELECT payment_id, bool_or(type IN ('payment.expired', 'payment.canceled')) AS told FROM outbox
            GROUP BY payment_id
        )
        SELECT p.payment_id AS subject, p.reference, p.status, p.currency, p.authorized_minor AS amount_minor,
            g.gateway, g.kind, g.at_us, coalesce(t.told, false) AS told
        FROM {lapsed_holds(evidence)} g JOIN payments p ON p.payment_id = g.payment_id AND p.gateway = g.gateway
        LEFT JOIN told t ON t.payment_id = p.payment_id
        WHERE p.status NOT IN ('expired', 'canceled', 'failed') OR (g.kind = 'expire' AND p.status = 'canceled')
            OR (p.status <> 'failed' AND NOT told) ORDER BY g.at_us
        """
    )
    found = []
    for row in rows:
        how = "expired" if row["kind"] == "expire" else "was let go of"
        hold = (
            f"the hold of payment {row['subject']} ({row['reference']}) {how} at {row['gateway']} at "
            f"{clock(evidence, row['at_us'])}"
        )
        if row["status"] in ("expired", "canceled") and not row["told"]:
            what = f"{hold}, and its merchant was told nothing"
        else:
            what = f"{hold}, and our books say {row['status']}"
        # A payment that still waits may only not have heard of it yet; one that ended has ended wrongly.
        found.append(violation(row, what, size=2, timed=row["status"] in _WAITING and unsettled(evidence)))
    return first_of_each(found)


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {lapsed_holds(evidence)}")


INVARIANT = Invariant(
    id="I45",
    sentence="A hold that lapsed at its gateway is expired or canceled in our books, and its merchant was told.",
    kind="convergence",
    needs=("gateway_movements", "payments", "outbox"),
    witness=Witness("holds that lapsed at a gateway", 3, _count),
    violations=_violations,
)
