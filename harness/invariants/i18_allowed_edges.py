"""I18: a payment walks only along the published edges, one step at a time, and stays where it ends."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._facts import differing_answers
from harness.invariants._folding import differing, fold, within
from harness.invariants._telling import clock, first_of_each, violation


def _edges(evidence: Evidence) -> str:
    states = evidence.states
    pairs = [("", str(states.get("initial", "created")))] + [(a, b) for a, b in states.get("edges", [])]
    terminal = {str(name) for name in states.get("terminal", [])}
    return ", ".join(f"('{a}', '{b}')" for a, b in pairs if a not in terminal)


def _broken(evidence: Evidence) -> str:
    """Return the buckets of payments in which the steps do not add up to one first step and the state of each payment.

    Taking what each step begins with from what it ends in leaves, of a payment whose steps form one chain, its last
    end less its one beginning; of any other it leaves something else.
    """
    steps = (
        "CAST(hash(payment_id, version, to_status) AS HUGEINT) - CASE coalesce(from_status, '') "
        "WHEN '' THEN hash(payment_id, 'first') ELSE hash(payment_id, version - 1, from_status) END"
    )
    state = "CAST(hash(payment_id, version, status) AS HUGEINT) - hash(payment_id, 'first')"
    return differing(
        evidence,
        "broken_chains",
        fold(evidence, "fold_of_steps", "payment_id", steps, "status_history"),
        fold(evidence, "fold_of_states", "payment_id", state, "payments"),
    )


def _suspects(evidence: Evidence) -> str:
    """Return the payments whose history is not one unbroken chain of allowed edges up to the payment's own state.

    A chain is unbroken when each step begins where the one before ended. Without sorting: what the steps end in and
    what they begin with cancel out in an exclusive or, all but the first begin and the last end.
    """
    broken = _broken(evidence)
    return evidence.derive(
        "suspect_histories",
        f"""
        WITH edges(a, b) AS (VALUES {_edges(evidence)}), folded AS (
            SELECT payment_id, min(version) AS first, max(version) AS last, count(*) AS steps,
                arg_max(to_status, version) AS ended, xor(bit_xor(hash(version, to_status)),
                    bit_xor(hash(version - 1, coalesce(from_status, '')))) AS chain
            FROM status_history {within(broken, "payment_id")} GROUP BY payment_id
        )
        SELECT f.payment_id FROM folded f LEFT JOIN payments p ON p.payment_id = f.payment_id
        WHERE f.last - f.first + 1 <> f.steps OR p.status IS DISTINCT FROM f.ended OR p.version IS DISTINCT FROM f.last
            OR f.chain <> xor(hash(f.last, f.ended), hash(f.first - 1, ''))
        UNION
        SELECT payment_id FROM status_history s ANTI JOIN edges e
            ON e.a = coalesce(s.from_status, '') AND e.b = s.to_status
        """,
    )


def _steps(evidence: Evidence) -> str:
    return evidence.derive(
        "suspect_steps",
        f"""
        SELECT payment_id, version, from_status, to_status, cause, at_us,
            lag(version) OVER steps AS version_before, lag(to_status) OVER steps AS status_before,
            lead(version) OVER steps IS NULL AS last
        FROM status_history s SEMI JOIN {_suspects(evidence)} x USING (payment_id)
        WINDOW steps AS (PARTITION BY payment_id ORDER BY version)
        """,
    )


def _history(evidence: Evidence) -> list[Violation]:
    rows = evidence.rows(
        f"""
        SELECT s.payment_id AS subject, s.*, p.reference, p.amount_minor, p.currency, p.status,
            p.version AS now_version, e.a IS NOT NULL AS allowed
        FROM {_steps(evidence)} s LEFT JOIN payments p ON p.payment_id = s.payment_id
        LEFT JOIN (VALUES {_edges(evidence)}) e(a, b) ON e.a = coalesce(s.from_status, '') AND e.b = s.to_status
        WHERE e.a IS NULL OR s.version <> s.version_before + 1 OR s.from_status <> s.status_before
            OR (s.last AND (p.status <> s.to_status OR p.version <> s.version))
        ORDER BY s.at_us
        """
    )
    found = []
    for row in rows:
        step = (
            f"payment {row['subject']} ({row['reference']}) went from {row['from_status'] or 'nothing'} to "
            f"{row['to_status']} (version {row['version']}, {row['cause']}) at {clock(evidence, row['at_us'])}"
        )
        if not row["allowed"]:
            what = f"{step}: that is not an allowed edge"
        elif row["version_before"] is not None and row["version"] != row["version_before"] + 1:
            what = f"{step}, but the version before was {row['version_before']}"
        elif row["status_before"] is not None and row["from_status"] != row["status_before"]:
            what = f"{step}, but the step before had ended in {row['status_before']}"
        else:
            what = f"{step} as its last step, but the payment is {row['status']}, version {row['now_version']}"
        found.append(violation(row, what, size=2))
    return found


def _observed(evidence: Evidence) -> list[Violation]:
    """What clients saw at a version is what the history says about that version.

    Whoever saw the payment as it is at the end saw what its last step says; where that is not so, `_history` tells.
    """
    rows = evidence.rows(
        f"""
        SELECT h.got_payment_id AS subject, h.reference, h.got_status, h.got_version, h.done_us, s.to_status,
            h.got_amount_minor AS amount_minor, h.got_currency AS currency
        FROM {differing_answers(evidence)} h
        JOIN status_history s ON s.payment_id = h.got_payment_id AND s.version = h.got_version
        WHERE h.got_status <> s.to_status
        """
    )
    return [
        violation(
            row,
            f"payment {row['subject']} ({row['reference']}) was shown as {row['got_status']} at version "
            f"{row['got_version']} at {clock(evidence, row['done_us'])}, but that version is {row['to_status']}",
            size=2,
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_history(evidence), *_observed(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count("SELECT count(*) FROM status_history WHERE from_status <> ''")


INVARIANT = Invariant(
    id="I18",
    sentence="Every observed status change is an allowed edge; terminal states are terminal; versions step by one.",
    kind="safety",
    needs=("history", "payments", "status_history", "states"),
    witness=Witness("status changes of payments", 20, _count),
    violations=_violations,
)
