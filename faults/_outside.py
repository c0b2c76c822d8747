"""What a fault on a link did, as seen from outside: by clients and by the gateway's ledger.

For systems that do not tell of their own attempts at a gateway. A call over the link is then not visible by itself, but
what became of the client's request that waited for it is. Only what was not so before the fault counts: a system may
be slow, decline cards, or send racers for one key away, whether a link is broken or not.
"""

from harness.core.adapter import GATEWAY_CLOCK_US
from harness.core.evidence import Evidence
from harness.core.fault import Bite
from harness.core.judgement import Undecided

HEARD_WITHIN_US = 300_000
"""A gateway's answer that arrived reaches the client within this time after it usually does."""

USUAL = 0.9
"""What is usual is this quantile: the first requests of a run, which find everything cold, are fewer than the rest."""

_DEFINITE = "outcome IN ('OK', 'FAILED') AND http_status IS NOT NULL"
_AT_ONCE = "(202, 409)"
"""Answers that nobody waits for a gateway for: accepted and not decided yet, and busy with the same key."""


def broken_requests(evidence: Evidence, bite: Bite) -> int:
    """Count payments asked for that were waiting while the fault was on, and got no definite answer.

    Not those that were answered without asking a gateway, nor one beside which another request for the same payment
    got its answer: that one merely lost a race.
    """
    return evidence.count(
        f"""SELECT count(*) FROM history h WHERE kind = 'create' AND outcome = 'UNKNOWN'
            AND sent_us <= ? AND coalesce(done_us, 9e18) >= ?
            AND (http_status IS NULL OR http_status NOT IN {_AT_ONCE})
            AND NOT EXISTS (SELECT 1 FROM history w WHERE w.kind = 'create' AND {_DEFINITE}
                AND w.merchant_id = h.merchant_id AND w.reference = h.reference
                AND w.sent_us <= coalesce(h.done_us, 9e18) AND w.done_us >= h.sent_us)""",
        [bite.to_us, bite.from_us],
    )


def slow_requests(evidence: Evidence, bite: Bite, at_least_ms: float) -> int:
    """Count payments asked for while the fault was on that took so much longer than usual, or got no definite answer.

    None was slow where requests as a whole were not: the same quantile must be that much higher than before.
    """
    lasting = f"SELECT done_us - sent_us AS us FROM history WHERE kind = 'create' AND {_DEFINITE} AND sent_us"
    usual_us = evidence.scalar(f"SELECT quantile_cont(us, {USUAL}) FROM ({lasting} < ?)", [_before_us(evidence, bite)])
    slow = 0
    if usual_us is not None:
        slow = evidence.count(
            f"""SELECT CASE WHEN quantile_cont(us, {USUAL}) >= $1 THEN count(*) FILTER (WHERE us >= $1) END
                FROM ({lasting} BETWEEN $2 AND $3)""",
            [usual_us + at_least_ms * 1000, bite.from_us, bite.to_us],
        )
    return slow + broken_requests(evidence, bite)


def charges_unheard_of(evidence: Evidence, gateway: str, bite: Bite) -> int:
    """Count charges that a gateway made while the fault was on, and that their client heard nothing of soon after.

    Hearing is a definite answer, or a look at the decided payment. How long that usually takes is told by the charges
    before the fault; so it does not matter whether the gateway's clock is ahead, or shows whole seconds only.
    Raises `Undecided` where the charges could not be read: nobody knows then.
    """
    if not evidence.has("gateway_charges"):
        raise Undecided("the gateway's charges could not be read")
    heard = evidence.derive("heard_charges", _HEARD)
    before_us = _before_us(evidence, bite)
    # What a clock of whole seconds, or one that is behind, calls the second before the fault may be in the fault.
    sure_us, unsure_us = (
        evidence.scalar(
            f"SELECT quantile_cont(after_us, {USUAL}) FROM {heard} WHERE gateway = ? AND created_at_us < ?",
            [gateway, until_us],
        )
        for until_us in (before_us - GATEWAY_CLOCK_US, before_us)
    )
    usual_us = sure_us if sure_us is not None else unsure_us
    if usual_us is None:
        return 0
    return evidence.count(
        f"""SELECT count(*) FROM {heard} WHERE gateway = ? AND created_at_us BETWEEN ? AND ? AND awaited
            AND (after_us IS NULL OR after_us > ?)""",
        [gateway, bite.from_us, bite.to_us, usual_us + HEARD_WITHIN_US],
    )


_HEARD = f"""SELECT c.gateway, c.charge_id, c.created_at_us,
        min(h.done_us) FILTER (WHERE {_DEFINITE} AND (h.kind = 'create' OR h.got_status IN ('captured', 'failed')))
            - c.created_at_us AS after_us,
        bool_or(h.kind = 'create' AND h.sent_us <= c.created_at_us + {GATEWAY_CLOCK_US}
            AND coalesce(h.done_us, 9e18) >= c.created_at_us - {GATEWAY_CLOCK_US}) AS awaited
    FROM gateway_charges c JOIN history h ON h.merchant_id = c.merchant_id AND h.reference = c.reference
        AND h.kind IN ('create', 'get')
    WHERE c.executed GROUP BY c.gateway, c.charge_id, c.created_at_us"""


def _before_us(evidence: Evidence, bite: Bite) -> int:
    """Return until when nothing was broken."""
    return min(bite.from_us, evidence.first_fault_us)
