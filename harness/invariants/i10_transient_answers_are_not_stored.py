"""I10: "not now" must not become "never".

A key is in use while its first request is being worked on, and no longer: the IETF's draft of the header
(draft-ietf-httpapi-idempotency-key-header-07, read 2026-12-01) has 409 for the retry of a request that is still being
processed. So a 409 is judged by when the key's operation was decided, and not by patience alone.
"""

from collections.abc import Sequence

from harness.core.evidence import BUSY_ANSWERS, Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._keys import STORED, TRANSIENT, keyed
from harness.invariants._telling import clock, first_of_each, violation

PATIENCE_S = 15.0
"""A key may be in use for one gateway call, a lease and a takeover; still in use after this, it is stuck."""
MARGIN_S = 1.0
"""After a decision the key may be in use for the lease of an owner who died, and for this."""


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
def _decided(evidence: Evidence) -> list[Violation]:
    """Keys that are said to be in use although their operation was decided before the request was sent."""
    grace_us = int((evidence.setting("PAY_KEY_LEASE_S", 10.0) + MARGIN_S) * 1e6)
    rows = evidence.rows(
        f"""
        SELECT h.idempotency_key AS subject, h.merchant_id, max(h.reference) AS reference, count(*) AS sends,
            max(h.amount_minor) AS amount_minor, max(h.currency) AS currency, max(o.state) AS state,
            max(o.decided_at_us) AS decided_us, min(h.sent_us) AS first_us, max(h.sent_us) AS last_us
        FROM {keyed(evidence)} h JOIN operations o
            ON o.merchant_id = h.merchant_id AND o.idempotency_key = h.idempotency_key
        WHERE h.http_status = 409 AND h.error_code LIKE '%in_use%'
            AND o.state IN ('succeeded', 'declined', 'failed') AND h.sent_us > o.decided_at_us + ?
        GROUP BY h.merchant_id, h.idempotency_key ORDER BY first_us
        """,
        [grace_us],
    )
    return [
        violation(
            row,
            f"key {row['subject']} of {row['merchant_id']} ({row['reference']}) is said to be in use at "
            f"{clock(evidence, row['last_us'])}, although its operation {row['state']} at "
            f"{clock(evidence, row['decided_us'])}",
            size=row["sends"],
            timed=True,
        )
        for row in rows
    ]


def _stuck(evidence: Evidence) -> list[Violation]:
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
        found.append(violation(row, what, size=row["sends"], timed=not row["replayed_transients"]))
    return found


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_decided(evidence), *_stuck(evidence)])


def _count(evidence: Evidence) -> int:
    return evidence.count(f"SELECT count(*) FROM {_keys(evidence)} WHERE reached")


INVARIANT = Invariant(
    id="I10",
    sentence="Transient answers (409, 429, 401, shed 503) are not stored: the key can still reach its real outcome, "
    "and is not in use any more once its operation is decided.",
    kind="liveness",
    needs=("history", BUSY_ANSWERS, "operations"),
    witness=Witness("keys that saw a transient answer first and their real outcome later", 2, _count),
    violations=_violations,
)
