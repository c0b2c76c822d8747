"""I10: "not now" must not become "never"."""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._keys import STORED, TRANSIENT, keyed
from harness.invariants._telling import clock, first_of_each, violation

PATIENCE_S = 15.0
"""A key may be in use for one gateway call, a lease and a takeover; still in use after this, it is stuck."""


def _keys(evidence: Evidence) -> str:
    return evidence.derive(
        "keys_with_transient_answers",
        f"""
        SELECT merchant_id, idempotency_key, max(reference) AS reference, max(amount_minor) AS amount_minor,
            max(currency) AS currency, count(*) AS sends, min(sent_us) AS first_us,
            max(http_status) FILTER ({TRANSIENT}) AS status,
            max(sent_us) FILTER ({TRANSIENT}) AS last_us,
            count(*) FILTER ({TRANSIENT} AND replayed) AS replayed_transients,
            count(*) FILTER ({STORED} AND NOT ({TRANSIENT})) AS outcomes,
            bool_or({STORED} AND NOT ({TRANSIENT}) AND sent_us > first_transient_us) AS reached
        FROM (
            SELECT *, min(done_us) FILTER ({TRANSIENT})
                OVER (PARTITION BY merchant_id, idempotency_key) AS first_transient_us
            FROM {keyed(evidence)}
        ) WHERE first_transient_us IS NOT NULL GROUP BY merchant_id, idempotency_key
        """,
    )


# A 503 is only transient where the request was shed before anything was written. One that came after an operation was
# begun (every connection was refused, so nothing was sent) is that operation's real outcome, and stays with its key.
def _violations(evidence: Evidence) -> Sequence[Violation]:
    calm_us = evidence.last_heal_us + int(PATIENCE_S * 1e6)
    rows = evidence.rows(
        f"""
        SELECT k.*, k.idempotency_key AS subject FROM {_keys(evidence)} k ANTI JOIN operations o
            ON o.merchant_id = k.merchant_id AND o.idempotency_key = k.idempotency_key AND k.status = 503
        WHERE k.replayed_transients > 0 OR (k.outcomes = 0 AND k.last_us > k.first_us + ? AND k.last_us > ?)
        """,
        [int(PATIENCE_S * 1e6), calm_us],
    )
    found = []
    for row in rows:
        key = f"key {row['subject']} of {row['merchant_id']} ({row['reference']})"
        if row["replayed_transients"]:
            what = f"{key}: the transient answer {row['status']} was stored and replayed"
        else:
            what = (
                f"{key} was first sent at {clock(evidence, row['first_us'])} and is still answered {row['status']} "
                f"at {clock(evidence, row['last_us'])}, after {row['sends']} requests"
            )
        found.append(violation(row, what, size=row["sends"]))
    return first_of_each(found)


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {_keys(evidence)} WHERE reached")


INVARIANT = Invariant(
    id="I10",
    sentence="Transient answers (409, 429, 401, shed 503) are not stored: the key can still reach its real outcome.",
    kind="liveness",
    needs=("history", "operations"),
    witness=Witness("keys that saw a transient answer first and their real outcome later", 2, _count),
    violations=_violations,
)
