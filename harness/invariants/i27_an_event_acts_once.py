"""I27: an event of a gateway that was accepted acts: once, however often it comes, and surely, whatever came first."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._bookings import CLEARING
from harness.invariants._facts import moves
from harness.invariants._gateway_events import WORD
from harness.invariants._telling import clock, first_of_each, money, violation
from harness.invariants._waiting import waited_us

ACTS_WITHIN_S = 9.0
"""How long an accepted event may take: the gateway's own time-outs (2 s) and a margin (1.5 s) that leave the caller's
reply the first word, and five seconds more for a slow machine."""

_ACCEPTED = "truth = 'genuine' AND attempt_id <> '' AND http_status BETWEEN 200 AND 299"
_DECIDES = "to_state IN ('succeeded', 'declined', 'not_executed', 'reversed')"


def repeats(evidence: Evidence) -> str:
    """Return the events that were accepted more than once, and how often."""
    return evidence.derive(
        "repeated_events",
        f"""
        WITH often AS (
            SELECT hash(gateway, event_id) AS event FROM gateway_deliveries WHERE {_ACCEPTED}
            GROUP BY event HAVING count(*) > 1
        )
        SELECT gateway, event_id, any_value(attempt_id) AS attempt_id, count(*) AS copies
        FROM gateway_deliveries SEMI JOIN often ON event = hash(gateway, event_id)
        WHERE {_ACCEPTED} GROUP BY gateway, event_id
        """,
    )


def _idle(evidence: Evidence) -> list[Violation]:
    """Attempts that stayed undecided long after an event that decides them was accepted."""
    end_us = max([evidence.load_end_us, *(event.at_us for event in evidence.events)])
    rows = evidence.rows(
        f"""
        WITH late AS (
            SELECT gateway, event_id, type, attempt_id, answered_at_us AS accepted_us
            FROM gateway_deliveries ANTI JOIN (
                SELECT hash(attempt_id) AS attempt, at_us FROM attempt_transitions WHERE {_DECIDES}
            ) t ON attempt = hash(attempt_id) AND t.at_us <= answered_at_us + {int(ACTS_WITHIN_S * 1e6)}
            WHERE {_ACCEPTED} AND {WORD} <> ''
        ), decided AS (
            SELECT attempt_id, min(at_us) AS at_us, arg_min(evidence, at_us) AS evidence
            FROM attempt_transitions SEMI JOIN late USING (attempt_id) WHERE {_DECIDES} GROUP BY attempt_id
        )
        SELECT a.attempt_id AS subject, e.*, a.amount_minor, a.currency, a.state, o.reference,
            coalesce(d.at_us, {end_us}) AS decided_us, d.evidence
        FROM late e JOIN attempts a ON a.attempt_id = e.attempt_id AND a.gateway = e.gateway
        LEFT JOIN operations o ON o.operation_id = a.operation_id
        LEFT JOIN decided d ON d.attempt_id = a.attempt_id
        WHERE coalesce(d.at_us, {end_us}) > e.accepted_us + {int(ACTS_WITHIN_S * 1e6)}
        ORDER BY e.accepted_us
        """
    )
    return [
        violation(
            row,
            f"event {row['event_id']} ({row['type']}) was accepted from {row['gateway']} at "
            f"{clock(evidence, row['accepted_us'])}, but attempt {row['subject']} ({row['reference']}) was undecided "
            f"until {clock(evidence, row['decided_us'])} and then {row['state']} by {row['evidence'] or 'nobody'}",
            size=2,
            timed=True,
        )
        for row in rows
        if waited_us(evidence, row["accepted_us"], row["decided_us"]) > ACTS_WITHIN_S * 1e6
    ]


def _repeated(evidence: Evidence) -> list[Violation]:
    """Attempts of events that came more than once, with more journals than the gateway moved money for them."""
    rows = evidence.rows(
        f"""
        WITH often AS (SELECT attempt_id, max(copies) AS copies FROM {repeats(evidence)} GROUP BY attempt_id),
        booked AS (
            SELECT attempt_id, count(DISTINCT journal_id) AS journals FROM postings SEMI JOIN often USING (attempt_id)
            WHERE {CLEARING} GROUP BY attempt_id
        ), moved AS (
            SELECT attempt_id, count(*) AS moves, max(amount_minor) AS amount_minor, max(currency) AS currency,
                max(intent) AS reference
            FROM {moves(evidence)} SEMI JOIN often USING (attempt_id) WHERE kind <> 'void' GROUP BY attempt_id
        )
        SELECT o.attempt_id AS subject, o.copies, b.journals, m.* EXCLUDE (attempt_id)
        FROM often o JOIN booked b USING (attempt_id) JOIN moved m USING (attempt_id) WHERE b.journals > m.moves
        """
    )
    return [
        violation(
            row,
            f"an event about attempt {row['subject']} ({row['reference']}) was delivered {row['copies']} times and "
            f"{money(row['amount_minor'], row['currency'])} booked {row['journals']} times; the gateway moved it "
            f"{row['moves']} times",
            amount_minor=row["amount_minor"] * (row["journals"] - row["moves"]),
            size=row["copies"],
        )
        for row in rows
    ]


def _redecided(evidence: Evidence) -> list[Violation]:
    """Attempts that webhooks decided more than once."""
    rows = evidence.rows(
        """
        SELECT attempt_id AS subject, count(*) AS times, min(at_us) AS first_us, max(at_us) AS last_us
        FROM attempt_transitions
        WHERE evidence = 'webhook' AND to_state IN ('succeeded', 'declined', 'not_executed')
        GROUP BY attempt_id, to_state HAVING count(*) > 1
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} was decided {row['times']} times by webhooks, at "
            f"{clock(evidence, row['first_us'])} and again at {clock(evidence, row['last_us'])}",
            size=row["times"],
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_repeated(evidence), *_redecided(evidence), *_idle(evidence)])


def _count(evidence: Evidence) -> int:
    """Count attempts that webhooks decided, and events that came more than once."""
    return evidence.count(
        f"""SELECT (SELECT count(*) FROM {repeats(evidence)})
            + (SELECT count(DISTINCT attempt_id) FROM attempt_transitions WHERE evidence = 'webhook')"""
    )


INVARIANT = Invariant(
    id="I27",
    sentence="An event that was accepted from a gateway acts once, however often it comes; and within seconds, even "
    "where it could not act at first.",
    kind="convergence",
    needs=(
        *("gateway_deliveries", "attempts", "attempt_transitions", "operations", "postings"),
        *("gateway_movements", "history"),
    ),
    witness=Witness("events that came twice, and attempts that an event decided", 10, _count),
    violations=_violations,
)
