"""Service as clients find it at the first try: how long an outage lasted for whoever came fresh.

Retries under a key that a failover left in doubt say more about that payment than about the service: they are left out.
"""

from dataclasses import dataclass

from harness.core.evidence import Evidence
from harness.objectives.service import GOOD_MINIMUM, GOOD_SHARE, GOOD_WINDOW_S, GOOD_WITHIN_S, STEP_US

_WRITES = "('create', 'capture', 'void', 'refund')"
NOTICED_S = 1.0
"""Whoever waits longer than this for a first answer has noticed: an outage that everybody waits out is one."""
USUAL_FACTOR = 2.0
"""Where waiting was usual before (a gateway is slow as well), so many times the usual p95 is noticed, but no more than
`GOOD_WITHIN_S`."""


def first_tries(evidence: Evidence) -> str:
    """Return the table of requests that should succeed, each at its first try: `due_us`, `answered_us` where it did.

    Racers for one intent are one row, answered when the first of them was answered well.
    """
    return evidence.derive(
        "first_tries",
        f"""
        SELECT min(due_us) AS due_us, min(done_us) FILTER (outcome = 'OK') AS answered_us
        FROM history WHERE attempt = 1 AND expect = 'succeed' AND kind <> 'final_read'
        GROUP BY merchant_id, kind, CASE WHEN kind IN {_WRITES} AND reference <> '' THEN reference ELSE op END
        """,
    )


def _served(evidence: Evidence, began_us: int) -> str:
    """Return the condition that a first try was answered before anybody noticed that it took long."""
    usual_us = evidence.scalar(
        f"SELECT quantile_disc(answered_us - due_us, 0.95) FROM {first_tries(evidence)} WHERE due_us < ?",
        [began_us - STEP_US],
    )
    patience_us = min(GOOD_WITHIN_S * 1e6, max(NOTICED_S * 1e6, USUAL_FACTOR * (usual_us or 0)))
    return f"coalesce(answered_us - due_us <= {int(patience_us)}, false)"


@dataclass(frozen=True)
class Outage:
    """From the first request that was not served to the first answer of a sustained good window.

    In microseconds since the epoch. Both are `began_us` where no client noticed anything; `back_us` is None where it
    never came back; both are None where too few came to tell, with the `reason`.
    """

    from_us: int | None
    back_us: int | None
    reason: str = ""


def outage(evidence: Evidence, began_us: int, until_us: int) -> Outage:
    """Return what clients found between the begin of a loss and `until_us` (the next loss, or the end of the load)."""
    served = _served(evidence, began_us)
    first = evidence.rows(
        f"""
        SELECT count(*) AS tried, min(due_us) FILTER (NOT {served}) AS bad_us FROM {first_tries(evidence)}
        WHERE due_us BETWEEN ? AND ?
        """,
        [began_us - STEP_US, until_us],
    )[0]
    if first["tried"] < GOOD_MINIMUM:
        return Outage(None, None, f"only {first['tried']} requests came after it")
    if first["bad_us"] is None:
        return Outage(began_us, began_us, "no client noticed")
    from_us = max(first["bad_us"], began_us)
    start_us = _sustained_us(evidence, served, from_us, until_us)
    if start_us is None:
        return Outage(from_us, None, f"no good window that lasts in the {(until_us - from_us) / 1e6:.1f} s after it")
    back_us = evidence.scalar(
        f"SELECT arg_min(answered_us, due_us) FROM {first_tries(evidence)} WHERE due_us >= ? AND {served}", [start_us]
    )
    return Outage(from_us, int(back_us))


def _sustained_us(evidence: Evidence, served: str, since_us: int, until_us: int) -> int | None:
    """Return the begin of the first good window from which on everything until `until_us` was good as well."""
    rows = evidence.rows(
        f"""
        SELECT (due_us - ?) // {STEP_US} AS step, count(*) AS tried, count(*) FILTER ({served}) AS good
        FROM {first_tries(evidence)} WHERE due_us BETWEEN ? AND ? GROUP BY step
        """,
        [since_us, since_us, until_us],
    )
    seen = {row["step"]: (row["tried"], row["good"]) for row in rows}
    width = int(GOOD_WINDOW_S * 1e6) // STEP_US
    last = (until_us - since_us) // STEP_US
    for start in range(last - width + 1):
        if all(_good(seen, start, end) for end in (start + width, last + 1)):
            return since_us + start * STEP_US
    return None


def _good(seen: dict[int, tuple[int, int]], start: int, end: int) -> bool:
    counts = [seen.get(step, (0, 0)) for step in range(start, end)]
    tried, good = (sum(column) for column in zip(*counts, strict=True))
    return bool(tried >= GOOD_MINIMUM and good >= GOOD_SHARE * tried)
