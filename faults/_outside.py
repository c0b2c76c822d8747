"""What a fault on a link did, as seen from outside: by clients and by the gateway's ledger.

For systems that do not tell of their own attempts at a gateway. A call over the link is then not visible by itself, but
what became of the client's request that waited for it is.
"""

from harness.core.evidence import Evidence
from harness.core.fault import Bite

HEARD_WITHIN_US = 300_000
"""A gateway's answer that arrived reaches the client within this time."""

_WAITING = "kind = 'create' AND sent_us <= ? AND coalesce(done_us, 9e18) >= ?"


def broken_requests(evidence: Evidence, bite: Bite) -> int:
    """Count payments asked for that were waiting while the fault was on, and got no definite answer."""
    return evidence.count(
        f"SELECT count(*) FROM history WHERE {_WAITING} AND outcome = 'UNKNOWN'", [bite.to_us, bite.from_us]
    )


def slow_requests(evidence: Evidence, bite: Bite, at_least_ms: float) -> int:
    """Count payments asked for while the fault was on that took at least so long, or got no definite answer."""
    slow = evidence.count(
        """SELECT count(*) FROM history WHERE kind = 'create' AND sent_us BETWEEN ? AND ? AND outcome <> 'UNKNOWN'
            AND coalesce(done_us, 9e18) - sent_us >= ?""",
        [bite.from_us, bite.to_us, int(at_least_ms * 1000)],
    )
    return slow + broken_requests(evidence, bite)


def charges_unheard_of(evidence: Evidence, gateway: str, bite: Bite) -> int:
    """Count charges that a gateway made while the fault was on, whose client was not told of a success soon after."""
    return evidence.count(
        f"""SELECT count(*) FROM gateway_charges c WHERE c.gateway = ? AND c.created_at_us BETWEEN ? AND ?
            AND EXISTS (SELECT 1 FROM history h WHERE h.kind = 'create' AND h.merchant_id = c.merchant_id
                AND h.reference = c.reference AND h.sent_us <= c.created_at_us
                AND coalesce(h.done_us, 9e18) >= c.created_at_us
                AND (h.outcome <> 'OK' OR h.done_us > c.created_at_us + {HEARD_WITHIN_US}))""",
        [gateway, bite.from_us, bite.to_us],
    )
