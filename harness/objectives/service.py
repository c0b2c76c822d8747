"""What clients experienced, errand by errand, and since when it was good again. Shared by objectives and I37."""

from harness.core.evidence import Evidence

GOOD_WITHIN_S = 3.0
"""An operation that should succeed is good when it is done this soon after it was due."""
GOOD_WINDOW_S = 2.0
"""A good window: so long, and with at least `GOOD_SHARE` of its operations good."""
GOOD_SHARE = 0.95
GOOD_MINIMUM = 5
"""Fewer operations than this in a window say nothing."""
STEP_US = 250_000

_WRITES = "('create', 'capture', 'void', 'refund')"


def errands(evidence: Evidence) -> str:
    """Return the table of operations that should succeed: `due_us`, `ok`, `good`, `kind`, `gateway`.

    All requests of one logical intent (retries, racers, replays) are one row, counted from when the first was due.
    Polls and final reads are ours, not a shopkeeper's, and do not count.
    """
    return evidence.derive(
        "errands",
        f"""
        SELECT kind, min(due_us) AS due_us, bool_or(outcome = 'OK') AS ok,
            coalesce(min(done_us) FILTER (outcome = 'OK') - min(due_us) <= {int(GOOD_WITHIN_S * 1e6)}, false) AS good,
            max(got_gateway) FILTER (outcome = 'OK') AS gateway
        FROM history WHERE expect = 'succeed' AND kind <> 'final_read'
        GROUP BY merchant_id, kind, CASE WHEN kind IN {_WRITES} AND reference <> '' THEN reference ELSE op END
        """,
    )


def back_at_us(evidence: Evidence, since_us: int) -> int | None:
    """Return when the first good window after `since_us` begins, None where there is none within the load."""
    rows = evidence.rows(
        f"""
        SELECT (due_us - ?) // {STEP_US} AS step, count(*) AS tried, count(*) FILTER (good) AS good
        FROM {errands(evidence)} WHERE due_us BETWEEN ? AND ? GROUP BY step
        """,
        [since_us, since_us, evidence.load_end_us],
    )
    seen = {row["step"]: (row["tried"], row["good"]) for row in rows}
    width = int(GOOD_WINDOW_S * 1e6) // STEP_US
    last = (evidence.load_end_us - since_us) // STEP_US - width
    for start in range(last + 1):
        window = [seen.get(step, (0, 0)) for step in range(start, start + width)]
        tried, good = (sum(column) for column in zip(*window, strict=True))
        if tried >= GOOD_MINIMUM and good >= GOOD_SHARE * tried:
            return since_us + start * STEP_US
    return None
