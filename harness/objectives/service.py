"""What clients experienced, errand by errand, and since when it was good again. Shared by objectives and I37."""

from dataclasses import dataclass

from harness.core.evidence import Evidence

GOOD_WITHIN_S = 3.0
"""An operation that should succeed is good when it is done this soon after it was due."""
GOOD_WINDOW_S = 2.0
"""A good window: so long, and with at least `GOOD_SHARE` of its operations good."""
GOOD_SHARE = 0.95
GOOD_MINIMUM = 5
"""Fewer operations than this in a window say nothing."""
STEP_US = 250_000
TAIL_SPARE_S = 0.5
"""So much more load than limit and window a plan has after its last heal, for healing itself takes a while."""
LAST_MINIMUM = 10
"""Fewer operations than this in the last `GOOD_WINDOW_S` of the load do not show that service stayed."""

_WRITES = "('create', 'capture', 'void', 'refund')"


NO_GATEWAY = "('gateways_unavailable', 'gateway_unreachable')"
"""What a payment is refused with that no gateway could take just then."""


def _no_way(evidence: Evidence) -> str:
    """Return the condition of refusals that no payment system could have avoided.

    A currency that, by the gateways' own published rules, only one of them takes cannot be paid elsewhere while that
    one is broken; until its breakers may have closed again such a payment may be refused for certain.
    """
    if not evidence.has("gateway_currencies"):
        return "false"
    after_us = int(2e6 * evidence.setting("breaker_open_s", 2))
    gateways = [str(row["gateway"]) for row in evidence.rows("SELECT DISTINCT gateway FROM gateway_currencies")]
    spans = [
        f"(due_us BETWEEN {begin} AND {end + after_us} AND currency IN (SELECT currency FROM gateway_currencies "
        f"GROUP BY currency HAVING count(*) = 1 AND any_value(gateway) = '{gateway}'))"
        for _, place, begin, end in evidence.fault_windows()
        for gateway in gateways
        if gateway in place
    ]
    refused = f"kind = 'create' AND outcome = 'FAILED' AND error_code IN {NO_GATEWAY}"
    return f"coalesce({refused} AND ({' OR '.join(spans) or 'false'}), false)"


def errands(evidence: Evidence) -> str:
    """Return the table of operations that should succeed: `due_us`, `ok`, `good`, `refused`, `kind`, `gateway`.

    `refused` are those that got nothing but definite refusals (4xx).

    All requests of one logical intent (retries, racers, replays) are one row, counted from when the first was due.
    Polls and final reads are ours, not a shopkeeper's, and do not count; nor does what had no other way (`_no_way`).
    """
    return evidence.derive(
        "errands",
        f"""
        SELECT kind, min(due_us) AS due_us, bool_or(outcome = 'OK') AS ok,
            coalesce(min(done_us) FILTER (outcome = 'OK') - min(due_us) <= {int(GOOD_WITHIN_S * 1e6)}, false) AS good,
            coalesce(bool_and(outcome = 'FAILED' AND http_status BETWEEN 400 AND 499), false) AS refused,
            max(got_gateway) FILTER (outcome = 'OK') AS gateway
        FROM history WHERE expect = 'succeed' AND kind <> 'final_read' AND NOT ({_no_way(evidence)})
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


@dataclass(frozen=True)
class Comeback:
    """How service came back after the last heal.

    `back`: None where the load does not show it; else whether a sustained good window began in time and the last
    `GOOD_WINDOW_S` of the load were good too. `back_s` is when that window began (None: never), `left_s` how much load
    there was after the heal, `why` the reason in words.
    """

    back: bool | None
    back_s: float | None
    left_s: float
    why: str


def _ending(evidence: Evidence, left_s: float) -> dict[str, float]:
    """Count the operations of the last `GOOD_WINDOW_S` of load; of up to twice as much where they are too few."""
    row: dict[str, float] = {}
    for width_s in (GOOD_WINDOW_S, min(left_s, 1.5 * GOOD_WINDOW_S), min(left_s, 2 * GOOD_WINDOW_S)):
        row = evidence.rows(
            f"SELECT count(*) AS tried, count(*) FILTER (good) AS good FROM {errands(evidence)} "
            "WHERE due_us BETWEEN ? AND ?",
            [evidence.load_end_us - int(width_s * 1e6), evidence.load_end_us],
        )[0]
        row["width_s"] = round(width_s, 1)
        if row["tried"] >= LAST_MINIMUM:
            break
    return row


def comeback(evidence: Evidence, within_s: float) -> Comeback:
    """Tell whether a sustained good window began within `within_s` of the last heal, and whether service stayed."""
    heal_us, end_us = evidence.last_heal_us, evidence.load_end_us
    left_s = (end_us - heal_us) / 1e6
    if not evidence.fault_windows() or left_s < GOOD_WINDOW_S:
        return Comeback(None, None, left_s, f"no fault, or only {left_s:.1f} s of load after it")
    row = _ending(evidence, left_s)
    last = f"{row['good']} of {row['tried']} operations of the last {row['width_s']:g} s of load were good"
    stayed = row["good"] >= GOOD_SHARE * row["tried"]
    back_us = back_at_us(evidence, heal_us)
    back_s = None if back_us is None else (back_us - heal_us) / 1e6
    if back_s is not None and back_s <= within_s and stayed:
        enough = row["tried"] >= LAST_MINIMUM
        return Comeback(True if enough else None, back_s, left_s, f"{back_s:.2f} s after the heal; {last}")
    if back_s is not None and back_s > within_s:
        return Comeback(False, back_s, left_s, f"only {back_s:.2f} s after the heal")
    never = f"not within the {left_s:.1f} s of load after the heal; {last}"
    why = f"{back_s:.2f} s after the heal, but not to stay: {last}" if back_s is not None else never
    if left_s < within_s + GOOD_WINDOW_S:
        return Comeback(None, back_s, left_s, f"{why}; to miss a limit of {within_s:g} s takes more load than that")
    return Comeback(False if row["tried"] >= LAST_MINIMUM else None, back_s, left_s, why)
