"""I24: merchants ship when the webhook arrives, so it must."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._events import STEP_EVENT, STEP_EVENTS, suspect_events
from harness.invariants._folding import differing, fold, within
from harness.invariants._telling import clock, first_of_each, some, violation
from harness.invariants._waiting import unsettled

GIVE_UP_S = 259_200.0
"""How long the platform tries before it gives up, where the plan does not tell."""

_STEPS = f"""(SELECT payment_id, {STEP_EVENT} AS type, at_us FROM status_history WHERE {STEP_EVENT} IS NOT NULL)"""
"""What the merchant must hear of when a payment takes a step."""

_REFUNDS = """(
    SELECT payment_id, 'refund.succeeded' AS type, created_at_us AS at_us FROM refunds WHERE status = 'succeeded'
    UNION ALL
    SELECT payment_id, 'refund.succeeded', at_us FROM status_history WHERE cause LIKE 'refund_failed:%'
)"""
"""Refunds that were made, those among them that failed afterwards too."""


def _end_us(evidence: Evidence) -> int:
    """Return when the books were saved at the latest that the run's own events tell."""
    return max([evidence.load_end_us, *(event.at_us for event in evidence.events)])


def _silent(evidence: Evidence) -> str:
    """Return the buckets of payments in which steps or refunds are not the same as the recorded events."""
    kind = "hash(payment_id, type)"
    events = f"outbox WHERE type IN {STEP_EVENTS}"
    folds = {
        name: fold(evidence, f"fold_of_{name}", "payment_id", kind, rows)
        for name, rows in (
            ("told_steps", _STEPS),
            ("told_refunds", _REFUNDS),
            ("events", events),
            ("refund_events", "outbox WHERE type = 'refund.succeeded'"),
        )
    }
    untold = differing(evidence, "untold_steps", folds["told_steps"], folds["events"])
    unpaid = differing(evidence, "untold_refunds", folds["told_refunds"], folds["refund_events"])
    return evidence.derive("silent_payments", f"SELECT bucket FROM {untold} UNION SELECT bucket FROM {unpaid}")


def _untold(evidence: Evidence) -> list[Violation]:
    """Steps of a payment, and refunds, for which no event was ever recorded."""
    silent = within(_silent(evidence), "payment_id")
    rows = evidence.rows(
        f"""
        WITH steps AS (
            SELECT payment_id, type, count(*) AS steps, max(at_us) AS at_us FROM {_STEPS} {silent}
            GROUP BY payment_id, type
            UNION ALL
            SELECT payment_id, type, count(*), max(at_us) FROM {_REFUNDS} {silent} GROUP BY payment_id, type
        ), told AS (SELECT payment_id, type, count(*) AS events FROM outbox {silent} GROUP BY payment_id, type)
        SELECT s.payment_id || ' ' || s.type AS subject, s.*, coalesce(o.events, 0) AS events, p.reference,
            p.merchant_id
        FROM steps s LEFT JOIN told o ON o.payment_id = s.payment_id AND o.type = s.type
        LEFT JOIN payments p ON p.payment_id = s.payment_id
        WHERE s.steps > coalesce(o.events, 0) ORDER BY s.at_us
        """
    )
    return [
        violation(
            row,
            f"payment {row['payment_id']} ({row['reference']}) of {row['merchant_id']} took {row['steps']} steps that "
            f"are {row['type']} (the last at {clock(evidence, row['at_us'])}), but the outbox holds {row['events']} "
            "such events",
            size=2,
        )
        for row in rows
    ]


def _missing(evidence: Evidence) -> list[Violation]:
    """Events that no endpoint acknowledged and no dead-letter row accounts for.

    A delivery may be given up only after the whole schedule: a dead row that is younger excuses nothing.
    """
    whole_s = evidence.setting("PAY_WEBHOOK_GIVE_UP_S", GIVE_UP_S) - evidence.setting("PAY_WEBHOOK_BACKOFF_MAX_S", 0.0)
    dead_before_us = _end_us(evidence) - int(max(0.0, whole_s) * 1e6)
    suspects = suspect_events(evidence)
    rows = evidence.rows(
        f"""
        WITH missing AS (
            SELECT * FROM outbox o {within(suspects, "o.event_id")}
            ANTI JOIN (
                SELECT event_id, merchant_id FROM sink_events {within(suspects, "event_id")}
                WHERE signature_ok AND http_status BETWEEN 200 AND 299
            ) r ON r.event_id = o.event_id AND r.merchant_id = o.merchant_id
            ANTI JOIN (SELECT event_id FROM webhook_deliveries WHERE state = 'dead' AND created_at_us <= ?) x
                ON x.event_id = o.event_id
        ), tried AS (
            SELECT d.event_id, count(*) AS tries FROM delivery_attempts d SEMI JOIN missing m ON m.event_id = d.event_id
            GROUP BY d.event_id
        )
        SELECT o.event_id AS subject, o.*, p.reference, t.tries, EXISTS (SELECT 1 FROM webhook_deliveries d
            WHERE d.event_id = o.event_id AND d.state <> 'pending') AS ended
        FROM missing o
        LEFT JOIN payments p ON p.payment_id = o.payment_id LEFT JOIN tried t ON t.event_id = o.event_id
        ORDER BY o.created_at_us
        """,
        [dead_before_us],
    )
    return [
        violation(
            row,
            f"event {row['subject']} ({row['type']}, payment {row['payment_id']}, {row['reference']}) of "
            f"{clock(evidence, row['created_at_us'])} never reached {row['merchant_id']} "
            f"(outbox: {row['state']}, {row['tries'] or 0} tries) and is not dead-lettered after the whole schedule",
            # What counts as delivered, or was given up, does not come later either.
            timed=not row["ended"] and unsettled(evidence),
        )
        for row in rows
    ]


def _altered(evidence: Evidence) -> list[Violation]:
    suspects = suspect_events(evidence)
    rows = evidence.rows(
        f"""
        WITH odd AS (
            SELECT event_id FROM sink_events {within(suspects, "event_id")}
            GROUP BY event_id HAVING min(hash(body_sha256)) <> max(hash(body_sha256))
            UNION
            SELECT event_id FROM sink_events s {within(suspects, "s.event_id")} ANTI JOIN outbox o
                ON o.event_id = s.event_id AND o.merchant_id = s.merchant_id
        )
        SELECT s.event_id AS subject, max(s.type) AS type, max(s.payment_id) AS payment_id,
            count(DISTINCT s.body_sha256) AS bodies, count(*) AS deliveries, list(DISTINCT s.merchant_id) AS merchants,
            max(o.merchant_id) AS owner
        FROM sink_events s SEMI JOIN odd d ON d.event_id = s.event_id LEFT JOIN outbox o ON o.event_id = s.event_id
        GROUP BY s.event_id
        """
    )
    found = []
    for row in rows:
        event = f"event {row['subject']} ({row['type']}, payment {row['payment_id']})"
        if row["owner"] is None:
            what = f"{event} reached {some(sorted(row['merchants']))}, but no such event was ever recorded"
        elif row["bodies"] > 1:
            what = f"{event} arrived {row['deliveries']} times with {row['bodies']} different bodies"
        else:
            what = f"{event} of {row['owner']} was delivered to {some(sorted(row['merchants']))}"
        found.append(violation(row, what, size=row["deliveries"]))
    return found


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_untold(evidence), *_missing(evidence), *_altered(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM sink_events WHERE signature_ok")


INVARIANT = Invariant(
    id="I24",
    sentence="Every step has its event; every subscribed endpoint got every event at least once, or a dead-letter row "
    "after the whole schedule; one event id has one body.",
    kind="convergence",
    needs=("payments", "status_history", "refunds", "outbox", "webhook_deliveries", "delivery_attempts", "sink_events"),
    witness=Witness("events that reached a merchant", 20, _count),
    violations=_violations,
)
