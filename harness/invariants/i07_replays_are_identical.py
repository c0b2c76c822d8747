"""I7: whoever asks again gets the same answer, to the byte, and is told that it is a repetition."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._keys import final, keyed
from harness.invariants._telling import first_of_each, some, violation


def _stored(evidence: Evidence) -> str:
    stored = final(evidence)
    undecided = "http_status = 202" if evidence.from_outside else "false"
    return evidence.derive(
        "stored_answers",
        f"""
        SELECT merchant_id, idempotency_key, max(reference) AS reference, max(amount_minor) AS amount_minor,
            max(currency) AS currency,
            count(*) FILTER ({stored}) AS answers, count(*) FILTER (replayed AND {stored}) AS replays,
            count(*) FILTER ({stored} AND NOT replayed) AS fresh,
            count(*) FILTER (NOT replayed) AS originals,
            min(body_sha256) FILTER ({stored}) AS body_a, max(body_sha256) FILTER ({stored}) AS body_b,
            min(http_status) FILTER ({stored}) AS status_a, max(http_status) FILTER ({stored}) AS status_b,
            max(sent_us) FILTER ({stored} AND NOT replayed) AS last_fresh_us,
            min(done_us) FILTER (replayed AND {stored}) AS first_replay_us,
            coalesce(max(sent_us) FILTER ({undecided}) > min(done_us) FILTER ({stored}), false) AS undone
        FROM {keyed(evidence)} GROUP BY merchant_id, idempotency_key
        """,
    )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    rows = evidence.rows(
        f"""
        SELECT *, idempotency_key AS subject FROM {_stored(evidence)}
        WHERE body_a <> body_b OR status_a <> status_b OR last_fresh_us > first_replay_us
            OR originals = 0 OR undone
        """
    )
    found = []
    for row in rows:
        key = f"key {row['subject']} of {row['merchant_id']} ({row['reference']})"
        if row["undone"]:
            what = f"{key} was decided, and was said to be pending afterwards"
        elif row["status_a"] != row["status_b"]:
            what = f"{key} was answered with status {row['status_a']} and with {row['status_b']}"
        elif row["body_a"] != row["body_b"]:
            bodies = some([row["body_a"][:12], row["body_b"][:12]])
            what = f"{key} got {row['answers']} stored answers whose bytes differ (sha-256 {bodies})"
        elif row["fresh"]:
            what = f"{key} got an answer not marked as replayed after one that was"
        else:
            what = f"{key} got only answers marked as replayed: nobody ever got the first one"
        found.append(violation(row, what, size=row["answers"]))
    return first_of_each(found)


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {_stored(evidence)} WHERE replays > 0 AND answers > 1")


INVARIANT = Invariant(
    id="I7",
    sentence="All stored replies for one key are byte-identical, and exactly the later ones are marked as replayed.",
    kind="safety",
    needs=("history", "replay_marks"),
    witness=Witness("keys whose first answer and a replay of it were both seen", 5, _count),
    violations=_violations,
)
