"""I38: whoever touches money or the way it takes leaves exactly one row that says who, what, when and how it ended."""

from collections.abc import Iterator, Sequence

from harness.core.evidence import Event, Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.core.plain import Row
from harness.invariants._telling import clock, first_of_each

AROUND_US = 2_000_000
"""The audit's clock and the harness's are the same machine's; a busy process may still note a moment late."""

TOLD = "('webhook', 'lookup', 'feed', 'reply')"
"""How a gateway told that it took something back; what the platform undid itself has its reversal as the evidence."""

DECISIONS = f"""
    SELECT attempt_id AS object, 'unknown_to_manual_queue' AS action, 'alert' AS outcome, max(at_us) AS at_us,
        count(*) AS times, 'went to the manual queue' AS what
    FROM attempt_transitions WHERE to_state = 'manual' GROUP BY attempt_id
    UNION ALL
    SELECT attempt_id, 'late_success', 'reversal_begun', max(at_us), 1, 'was undone' FROM attempt_transitions
    WHERE to_state = 'reversed' AND evidence NOT IN {TOLD} GROUP BY attempt_id
    UNION ALL
    SELECT attempt_id, 'reverse_late_success', 'reversed', max(at_us), 1, 'was undone' FROM attempt_transitions
    WHERE to_state = 'reversed' AND evidence NOT IN {TOLD} GROUP BY attempt_id
    UNION ALL
    SELECT attempt_id, 'taken_back_by_gateway', 'booked_back', max(at_us), 1, 'was taken back by its gateway'
    FROM attempt_transitions WHERE to_state = 'reversed' AND evidence IN {TOLD} GROUP BY attempt_id
    UNION ALL
    SELECT break_id, '', state, settled_at_us, 1, 'was ' || CASE state WHEN 'manual' THEN 'left to people'
        ELSE 'repaired' END
    FROM reconciliation_breaks WHERE state IN ('manual', 'repaired')
"""
"""Every decision about money, with the audit's words for it (an empty action: any)."""


def asked(evidence: Evidence) -> tuple[Event, ...]:
    """Return what the harness asked as an operator and got an answer to."""
    return tuple(event for event in evidence.events_of("operator_action") if event.detail.get("status") is not None)


def _operators(evidence: Evidence) -> Iterator[Violation]:
    """Every request of an operator that was answered has one row, and none more than one."""
    rows: dict[str, list[Row]] = {}
    for row in evidence.rows("SELECT * FROM audit WHERE coalesce(request_id, '') <> ''"):
        rows.setdefault(str(row["request_id"]), []).append(row)
    for event in evidence.events_of("operator_action"):
        found = rows.get(str(event.detail["request_id"]), [])
        problem = _problem(event, found)
        if problem:
            what = f"the operator's {event.detail['action']} at {clock(evidence, event.at_us)} "
            status = event.detail.get("status")
            told = f"answered {status}" if status is not None else "never answered"
            yield Violation(str(event.detail["request_id"]), f"{what}({told}) {problem}")


def _problem(event: Event, found: Sequence[Row]) -> str:
    status = event.detail.get("status")
    doubtful = status is None or status in (500, 503)
    if len(found) != 1:
        return "" if doubtful and not found else f"has {len(found)} rows in the audit, not exactly one"
    row = found[0]
    wanted = {"refused"} if not doubtful and int(str(status)) >= 400 else {"done", "unchanged"}
    if row["action"] != event.detail["action"]:
        return f"is in the audit as {row['action']}"
    if not doubtful and row["outcome"] not in wanted:
        return f"is in the audit with the outcome {row['outcome']}"
    asked_us = int(str(event.detail.get("asked_at_us") or event.at_us))
    if not asked_us - AROUND_US <= int(str(row["at_us"])) <= event.at_us + AROUND_US:
        return "is in the audit with another time"
    return ""


def _decisions(evidence: Evidence) -> Iterator[Violation]:
    rows = evidence.rows(
        f"""
        WITH decisions AS ({DECISIONS})
        SELECT d.object, d.action, d.outcome, d.what, d.times, d.at_us, count(a.at_us) AS rows
        FROM decisions d LEFT JOIN audit a ON a.object = d.object AND a.outcome = d.outcome
            AND (d.action = '' OR a.action = d.action)
        GROUP BY ALL HAVING count(a.at_us) <> d.times ORDER BY d.at_us
        """
    )
    for row in rows:
        word = f"{row['action']} {row['outcome']}".strip()
        yield Violation(
            str(row["object"]),
            f"{row['object']} {row['what']} at {clock(evidence, row['at_us'])}, and the audit has {row['rows']} rows "
            f"({word}) for it, not {row['times']}",
        )


def _incomplete(evidence: Evidence) -> Iterator[Violation]:
    columns = ("actor", "action", "object", "outcome", "origin")
    empty = " OR ".join(f"coalesce({name}, '') = ''" for name in columns)
    for row in evidence.rows(f"SELECT * FROM audit WHERE {empty} OR at_us IS NULL ORDER BY at_us"):
        missing = ", ".join(name for name in (*columns, "at_us") if not row[name])
        yield Violation(
            str(row["request_id"] or row["object"]),
            f"the audit's row about {row['action'] or 'something'} at {clock(evidence, row['at_us'])} lacks {missing}",
        )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_operators(evidence), *_decisions(evidence), *_incomplete(evidence)])


def _count(evidence: Evidence) -> int:
    return len(asked(evidence))


INVARIANT = Invariant(
    id="I38",
    sentence="Every operator action and every decision about money has exactly one audit row with who, what, when, "
    "outcome, origin and object.",
    kind="convergence",
    needs=("audit", "attempt_transitions", "reconciliation_breaks"),
    witness=Witness("operator actions that were answered", 3, _count),
    violations=_violations,
    whole=True,
)
