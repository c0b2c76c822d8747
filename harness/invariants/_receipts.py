"""Which deliveries to merchants were acknowledged, and what was promised about the others."""

from typing import Any

from harness.core.evidence import Evidence
from harness.invariants._telling import grouped

TIMEOUT_S = 3.0
"""How long an endpoint may take to answer, as merchants are told."""
LATE_S = 2.0
"""How much later than that a slow machine may still take an answer."""
BACKOFF_S, BACKOFF_MAX_S, GIVE_UP_S = 0.5, 2.0, 259_200.0
"""The schedule where the plan does not tell: the pause doubles from the first to the second, until the third passed."""
SLACK_S = 6.0
"""How much later than planned a try may come on a busy machine."""
EARLY_S = 0.1
"""How much earlier: clocks of two processes."""

_LATEST = f"received_at_us + {int((TIMEOUT_S + LATE_S) * 1e6)}"
RECEIPT = f"coalesce(http_status BETWEEN 200 AND 299 AND answered_at_us <= {_LATEST}, false)"
"""Condition on `sink_events`: the endpoint said yes while somebody listened."""


def failing(evidence: Evidence) -> list[tuple[tuple[Any, ...], list[Any]]]:
    """Return the deliveries of each event to each merchant that did not succeed at once, oldest first."""
    tries = evidence.derive(
        "failing_deliveries",
        f"""
        WITH failing AS (SELECT DISTINCT event_id, merchant_id FROM sink_events WHERE NOT {RECEIPT})
        SELECT s.*, {RECEIPT} AS receipt FROM sink_events s SEMI JOIN failing f
            ON f.event_id = s.event_id AND f.merchant_id = s.merchant_id
        WHERE s.signature_ok
        """,
    )
    rows = evidence.rows(f"SELECT * FROM {tries} ORDER BY event_id, merchant_id, received_at_us")
    return list(grouped(rows, "event_id", "merchant_id").items())
