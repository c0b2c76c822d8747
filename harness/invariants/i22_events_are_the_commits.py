"""I22: an event is the shadow of a commit: none without, no commit without one, and they come in the commits' order."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._events import STEP_EVENT, STEP_EVENTS, suspect_events, undelivered
from harness.invariants._folding import within
from harness.invariants._telling import clock, first_of_each, violation
from harness.invariants._waiting import unsettled

_STEPS = f"""(
    SELECT payment_id, {STEP_EVENT} AS type, at_us FROM status_history WHERE {STEP_EVENT} IS NOT NULL
    UNION ALL SELECT payment_id, 'refund.failed', created_at_us FROM refunds WHERE status = 'failed'
)"""

_EVENTS = f"""(
    SELECT payment_id, type, created_at_us FROM outbox WHERE type = 'refund.failed' OR type IN {STEP_EVENTS}
)"""
"""Events of other types tell of nothing that the books of payments and refunds show."""


def _unequal(evidence: Evidence) -> list[Violation]:
    """Payments whose committed steps and recorded events are not the same, each as often as the other.

    Both sides are first folded into one number: equal sums of hashes are equal sets, and nothing need be grouped.
    """
    folds = [
        evidence.scalar(f"SELECT coalesce(sum(hash(payment_id, type)::HUGEINT), 0) FROM {side}")
        for side in (_STEPS, _EVENTS)
    ]
    if folds[0] == folds[1]:
        return []
    rows = evidence.rows(
        f"""
        WITH steps AS (SELECT payment_id, type, count(*) AS steps, max(at_us) AS at_us FROM {_STEPS} GROUP BY ALL),
        told AS (SELECT payment_id, type, count(*) AS events, max(created_at_us) AS at_us FROM {_EVENTS}
            GROUP BY payment_id, type)
        SELECT coalesce(s.payment_id, o.payment_id) AS payment_id, coalesce(s.type, o.type) AS type,
            coalesce(s.payment_id, o.payment_id) || ' ' || coalesce(s.type, o.type) AS subject,
            coalesce(steps, 0) AS steps, coalesce(events, 0) AS events, coalesce(s.at_us, o.at_us) AS at_us,
            p.reference, p.merchant_id
        FROM steps s FULL JOIN told o ON o.payment_id = s.payment_id AND o.type = s.type
        LEFT JOIN payments p ON p.payment_id = coalesce(s.payment_id, o.payment_id)
        WHERE coalesce(steps, 0) <> coalesce(events, 0) ORDER BY at_us
        """
    )
    return [
        violation(
            row,
            f"payment {row['payment_id']} ({row['reference']}) of {row['merchant_id']} committed {row['steps']} steps "
            f"that are {row['type']}, but {row['events']} such events are recorded (the last at "
            f"{clock(evidence, row['at_us'])})",
            size=max(row["steps"], row["events"]),
        )
        for row in rows
    ]


_BUT = {
    "committed": "and never published",
    "marked": "as published, but no delivery was ever made of it",
    "received": "and never committed: the database holds no such event",
}


def _unpublished(evidence: Evidence) -> list[Violation]:
    """Events that were committed and never published, or only on paper, and such as were received and never committed.

    A published event of a merchant who has an endpoint is a delivery, whatever becomes of that (which is I24's matter).
    """
    received = within(suspect_events(evidence), "event_id")
    published = within(undelivered(evidence), "event_id")
    rows = evidence.rows(
        f"""
        SELECT event_id AS subject, type, payment_id, created_at_us AS at_us, 'committed' AS what FROM outbox
        WHERE state <> 'published'
        UNION ALL
        SELECT o.event_id, o.type, o.payment_id, o.published_at_us, 'marked' FROM outbox o {published}
        SEMI JOIN (SELECT DISTINCT merchant_id FROM webhook_deliveries) m ON m.merchant_id = o.merchant_id
        ANTI JOIN (SELECT hash(event_id) AS event FROM webhook_deliveries) d ON d.event = hash(o.event_id)
        WHERE o.state = 'published'
        UNION ALL
        SELECT event_id, any_value(type), any_value(payment_id), min(received_at_us), 'received' FROM (
            SELECT s.* FROM sink_events s {received} ANTI JOIN outbox o ON o.event_id = s.event_id WHERE s.signature_ok
        ) GROUP BY event_id
        ORDER BY at_us
        """
    )
    return [
        violation(
            row,
            f"event {row['subject']} ({row['type']}, payment {row['payment_id']}) was {row['what']} at "
            f"{clock(evidence, row['at_us'])} {_BUT[row['what']]}",
            timed=row["what"] == "committed" and unsettled(evidence),
        )
        for row in rows
    ]


def _disordered(evidence: Evidence) -> list[Violation]:
    """Events of a payment that lack the one before, or reached the merchant before it (first arrivals count)."""
    rows = evidence.rows(
        """
        WITH later AS (SELECT payment_id, sequence, event_id, type FROM outbox WHERE sequence > 1),
        pairs AS (
            SELECT l.*, e.event_id AS before_id, e.type AS before_type FROM later l
            LEFT JOIN outbox e ON e.payment_id = l.payment_id AND e.sequence = l.sequence - 1
        ), ids AS (SELECT event_id FROM pairs UNION SELECT before_id FROM pairs), firsts AS (
            SELECT s.event_id, min(s.received_at_us) AS at_us FROM sink_events s SEMI JOIN ids USING (event_id)
            WHERE s.signature_ok GROUP BY s.event_id
        )
        SELECT p.event_id AS subject, p.payment_id, p.sequence, p.type, p.before_id, p.before_type, f.at_us,
            b.at_us AS before_us
        FROM pairs p LEFT JOIN firsts f ON f.event_id = p.event_id LEFT JOIN firsts b ON b.event_id = p.before_id
        WHERE p.before_id IS NULL OR f.at_us < b.at_us ORDER BY f.at_us
        """
    )
    return [
        violation(
            row,
            f"event {row['subject']} ({row['type']}, number {row['sequence']} of payment {row['payment_id']}) "
            + (
                f"reached the merchant at {clock(evidence, row['at_us'])}, before number {row['sequence'] - 1} "
                f"({row['before_type']}) at {clock(evidence, row['before_us'])}"
                if row["before_id"]
                else "has no event before it: a number is missing"
            ),
            size=2,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_unequal(evidence), *_unpublished(evidence), *_disordered(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM outbox WHERE state = 'published'")


INVARIANT = Invariant(
    id="I22",
    sentence="Committed events and published events are the same set, in order for each payment.",
    kind="convergence",
    needs=("payments", "status_history", "refunds", "outbox", "webhook_deliveries", "sink_events"),
    witness=Witness("events published", 20, _count),
    violations=_violations,
    # Whether a merchant has an endpoint is known from all of its events.
    whole=True,
)
