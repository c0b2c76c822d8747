"""I64: what a dispute takes it takes once, with its fee once, and gives back once at most, and only when it is won.

The gateways' own ledgers say what a dispute moved and how it stands. They are held against themselves (a dispute that
is not won keeps its money) and against our journals, dispute by dispute, and our word for where it stands.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import first_of_each, money, violation

KINDS = {"dispute": "withdrawn", "dispute_fee": "taken as its fee", "dispute_reversal": "reinstated"}
"""The kinds of a dispute's movements, each with what is said of it; our journals' causes begin with the same words."""


def _at_gateways(evidence: Evidence) -> list[Violation]:
    """A gateway that moves a dispute's money twice, or gives it back although the dispute was not won."""
    rows = evidence.rows(
        f"""
        SELECT d.dispute_id AS subject, d.gateway, d.reference, d.payment_id, d.currency, d.state, m.kind,
            count(*) AS times, sum(m.amount_minor) AS amount_minor
        FROM gateway_movements m JOIN gateway_disputes d ON d.gateway = m.gateway AND d.dispute_id = m.dispute_id
        WHERE m.kind IN {tuple(KINDS)}
        GROUP BY ALL HAVING count(*) > 1 OR (m.kind = 'dispute_reversal' AND d.state <> 'won')
        """
    )
    return [
        violation(
            row,
            f"dispute {row['subject']} at {row['gateway']} ({row['reference']}) is {row['state']}, and the gateway has "
            f"{money(row['amount_minor'], row['currency'])} {KINDS[row['kind']]}, in {row['times']} movements",
            size=1 + row["times"],
            sum_of=row["payment_id"],
            seen_in="gateways",
        )
        for row in rows
    ]


def _journals(evidence: Evidence) -> list[Violation]:
    """What each dispute moved at its gateway is booked for that dispute, once, and nothing else is."""
    rows = evidence.rows(
        f"""
        WITH moved AS (
            SELECT gateway, dispute_id AS reference, kind, sum(amount_minor) AS moved_minor,
                any_value(currency) AS currency
            FROM gateway_movements WHERE kind IN {tuple(KINDS)} AND coalesce(dispute_id, '') <> '' GROUP BY ALL
        ), ours AS (SELECT dispute_id, gateway, reference, currency, payment_id FROM disputes),
        booked AS (
            SELECT o.gateway, o.reference, split_part(p.cause, ':', 1) AS kind,
                sum(abs(p.amount_minor)) AS booked_minor, count(*) AS journals,
                any_value(o.currency) AS currency, any_value(o.payment_id) AS payment_id
            FROM postings p JOIN ours o ON o.dispute_id = split_part(p.cause, ':', 2)
            WHERE split_part(p.cause, ':', 1) IN {tuple(KINDS)} AND p.account LIKE 'gateway:%:clearing' GROUP BY ALL
        )
        SELECT coalesce(m.reference, b.reference) AS subject, coalesce(m.gateway, b.gateway) AS gateway,
            coalesce(m.kind, b.kind) AS kind, coalesce(m.currency, b.currency) AS currency,
            coalesce(m.moved_minor, 0) AS moved_minor, coalesce(b.booked_minor, 0) AS booked_minor,
            coalesce(b.journals, 0) AS journals, coalesce(g.payment_id, b.payment_id) AS payment_id, g.reference
        FROM moved m FULL JOIN booked b ON b.gateway = m.gateway AND b.reference = m.reference AND b.kind = m.kind
        LEFT JOIN gateway_disputes g ON g.gateway = coalesce(m.gateway, b.gateway)
            AND g.dispute_id = coalesce(m.reference, b.reference)
        WHERE coalesce(m.moved_minor, 0) <> coalesce(b.booked_minor, 0) OR coalesce(b.journals, 0) > 1
        """
    )
    return [
        violation(
            row,
            f"dispute {row['subject']} at {row['gateway']} ({row['reference'] or 'which has no such dispute'}): the "
            f"gateway has {money(row['moved_minor'], row['currency'])} {KINDS[row['kind']]}, our books have "
            f"{money(row['booked_minor'], row['currency'])} in {row['journals']} journals",
            amount_minor=abs(row["moved_minor"] - row["booked_minor"]),
            size=1 + row["journals"],
            sum_of=row["payment_id"],
            seen_in="journals",
        )
        for row in rows
        if not _in_doubt(evidence, row["payment_id"])
    ]


def _states(evidence: Evidence) -> list[Violation]:
    """Where a dispute stands is what its gateway says, in our dispute and in the payment that it is about."""
    rows = evidence.rows(
        """
        SELECT g.dispute_id AS subject, g.gateway, g.reference, g.payment_id, g.currency, g.state, g.amount_minor,
            d.state AS ours, p.dispute_state AS shown
        FROM gateway_disputes g LEFT JOIN disputes d ON d.gateway = g.gateway AND d.reference = g.dispute_id
        LEFT JOIN payments p ON p.payment_id = d.payment_id
        WHERE d.state IS DISTINCT FROM g.state OR (p.dispute_state IS DISTINCT FROM d.state
            AND (SELECT count(*) FROM disputes x WHERE x.payment_id = d.payment_id) = 1)
        """
    )
    return [
        violation(
            row,
            f"dispute {row['subject']} at {row['gateway']} ({row['reference']}) of "
            f"{money(row['amount_minor'], row['currency'])} is {row['state']}; our books say "
            f"{row['ours'] or 'nothing of it'}, and show its payment's as {row['shown'] or 'none'}",
            size=2,
            sum_of=row["payment_id"],
            seen_in="states",
        )
        for row in rows
        if not _in_doubt(evidence, row["payment_id"])
    ]


def _in_doubt(evidence: Evidence, payment_id: str) -> bool:
    """Tell whether the payment has no charge that our books call a success yet: its dispute waits for that (I6)."""
    return bool(payment_id) and not evidence.count(
        "SELECT count(*) FROM attempts WHERE payment_id = ? AND state = 'succeeded'", [payment_id]
    )


def _steps(evidence: Evidence) -> list[Violation]:
    """A dispute only goes forward: once it has ended, nothing that is heard of it opens it again."""
    rows = evidence.rows(
        """
        SELECT d.dispute_id AS subject, d.gateway, d.reference AS dispute, d.currency, d.amount_minor, t.from_state,
            t.to_state, t.evidence, d.payment_id
        FROM dispute_transitions t JOIN disputes d ON d.dispute_id = t.dispute_id
        WHERE t.from_state IN ('won', 'lost', 'closed') OR (t.to_state = 'inquiry' AND t.from_state <> '')
        """
    )
    return [
        violation(
            row,
            f"dispute {row['dispute']} at {row['gateway']} went from {row['from_state']} to {row['to_state']} by "
            f"{row['evidence']}, although it had ended",
            size=2,
            sum_of=row["payment_id"],
            seen_in="steps",
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    parts = (_at_gateways, _journals, _states, _steps)
    return first_of_each([found for part in parts for found in part(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(
        "SELECT count(DISTINCT dispute_id) FROM gateway_movements WHERE kind = 'dispute' AND dispute_id <> ''"
    )


INVARIANT = Invariant(
    id="I64",
    sentence="A dispute's money has one fate: withdrawn once, with its fee once, reinstated at most once and only when "
    "it is won; in our books as at its gateway.",
    kind="convergence",
    needs=(
        "gateway_disputes",
        "gateway_movements",
        "disputes",
        "dispute_transitions",
        "postings",
        "payments",
        "attempts",
    ),
    witness=Witness("disputes that withdrew money at a gateway", 3, _count),
    violations=_violations,
)
