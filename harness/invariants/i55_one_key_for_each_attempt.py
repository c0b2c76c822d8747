"""I55: whatever a gateway answered, asking again about the same attempt carries the same key.

A server error that came as an answer says nothing about the money. Stripe keeps the result of the first request under
a key once its execution has begun, 500s included (docs.stripe.com/api/idempotent_requests, read 2026-12-01); a second
key is a second request for money.
"""

from collections.abc import Sequence

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock, first_of_each, some, violation

_MONEY = "endpoint IN ('create', 'confirm', 'capture', 'void', 'refund', 'order') AND attempt_id <> ''"

_KEY = "hash(coalesce(gateway_key, ''))"


def _several_keys(evidence: Evidence) -> list[Violation]:
    """One attempt, one endpoint, more than one key (or none at all)."""
    rows = evidence.rows(
        f"""
        WITH suspect AS (
            SELECT hash(gateway, attempt_id, endpoint) AS call FROM gateway_calls WHERE {_MONEY} GROUP BY call
            HAVING min({_KEY}) <> max({_KEY}) OR bool_or(gateway_key = '')
        )
        SELECT c.attempt_id AS subject, c.gateway, c.endpoint, max(c.reference) AS reference,
            any_value(a.amount_minor) AS amount_minor, any_value(a.currency) AS currency, count(*) AS calls,
            list(DISTINCT coalesce(c.gateway_key, '') ORDER BY coalesce(c.gateway_key, '')) AS keys,
            min(c.arrived_at_us) AS first_us, max(c.arrived_at_us) AS last_us,
            list(DISTINCT c.http_status) AS statuses
        FROM gateway_calls c SEMI JOIN suspect s ON s.call = hash(c.gateway, c.attempt_id, c.endpoint)
        LEFT JOIN attempts a ON a.attempt_id = c.attempt_id
        GROUP BY c.gateway, c.attempt_id, c.endpoint
        ORDER BY first_us
        """
    )
    return [
        violation(
            row,
            f"attempt {row['subject']} ({row['reference']}) called {row['endpoint']} at {row['gateway']} "
            f"{row['calls']} times from {clock(evidence, row['first_us'])} to {clock(evidence, row['last_us'])} under "
            f"{len(row['keys'])} keys: {some(key or '(none)' for key in row['keys'])}",
            size=row["calls"],
        )
        for row in rows
    ]


def _shared_keys(evidence: Evidence) -> list[Violation]:
    """One key that more than one attempt used: the second is answered with what the first one did."""
    rows = evidence.rows(
        f"""
        WITH suspect AS (
            SELECT hash(gateway, gateway_key) AS key FROM gateway_calls WHERE {_MONEY} AND gateway_key <> ''
            GROUP BY key HAVING min(hash(attempt_id)) <> max(hash(attempt_id))
        )
        SELECT gateway || ' ' || gateway_key AS subject, gateway, gateway_key, max(reference) AS reference,
            list(DISTINCT attempt_id ORDER BY attempt_id) AS attempts, count(*) AS calls
        FROM gateway_calls SEMI JOIN suspect ON key = hash(gateway, gateway_key)
        WHERE {_MONEY} AND gateway_key <> '' GROUP BY gateway, gateway_key
        HAVING min(attempt_id) <> max(attempt_id) ORDER BY subject
        """
    )
    return [
        violation(
            row,
            f"key {row['gateway_key']} at {row['gateway']} served {len(row['attempts'])} attempts: "
            f"{some(row['attempts'])}",
            size=row["calls"],
        )
        for row in rows
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return first_of_each([*_several_keys(evidence), *_shared_keys(evidence)])


def _count(evidence: Evidence) -> int:
    """Count attempts sent to an endpoint again after a server error, a broken answer, silence or a refusal for now."""
    return evidence.count(
        f"""
        SELECT count(*) FROM (
            SELECT 1 FROM gateway_calls WHERE {_MONEY} GROUP BY hash(gateway, attempt_id, endpoint)
            HAVING count(*) > 1 AND bool_or(http_status IS NULL OR http_status >= 500
                OR http_status IN (409, 429) OR coalesce(fault, '') <> ''))
        """
    )


INVARIANT = Invariant(
    id="I55",
    sentence="Every call of one attempt to one endpoint of a gateway carries the same key, and no other attempt uses "
    "it.",
    kind="safety",
    needs=("gateway_calls", "attempts"),
    witness=Witness("attempts that were sent again after an error, a broken answer or silence", 3, _count),
    violations=_violations,
)
