"""What a fault did to real traffic, counted from the evidence. Toxiproxy's own byte counters cannot prove it.

Every caller tells of its calls (`_calls`). Runs of before they did so are counted by what is known of a few callers:
attempts at gateways, deliveries to merchants, and requests that wanted the database.
"""

from fnmatch import fnmatch

from faults import _calls
from faults._outside import broken_requests, charges_unheard_of, slow_requests
from harness.core.database_controls import NODES
from harness.core.evidence import Evidence
from harness.core.fault import Bite

GRACE_US = 2_500_000
"""How long after a fault is healed a call that it broke may still be noticed (the callers' own timeout and a bit)."""

HEARD_WITHIN_US = 300_000
"""An answer that arrived is written down within this time; the resolver asks again only later."""

GATEWAYS = ("stripe", "paypal")
CALLERS = ("api1", "api2", "worker")
DATABASES = tuple(f"db-{node}" for node in NODES)


def broken_calls(evidence: Evidence, pattern: str, bite: Bite) -> int:
    """Count calls over links matching `pattern` that ended without an answer while the fault was on.

    Calls that a simulator itself spoilt are somebody else's hits and are left out.
    """
    if evidence.from_outside:
        return broken_requests(evidence, bite)
    if evidence.has("calls"):
        broken = _calls.broken(
            evidence, pattern, bite, noticed_until_us(evidence, bite), _quiet(evidence, pattern, bite)
        )
        return broken + _calls.withheld(evidence, pattern, bite)
    counts = [_broken_gateway_calls(evidence, gateway, pattern, bite) for gateway in _gateways_behind(pattern)]
    if _reaches(pattern, "sink"):
        counts.append(_broken_deliveries(evidence, bite))
    if any(_reaches(pattern, database) for database in DATABASES):
        counts.append(_broken_operations(evidence, pattern, bite))
    return sum(counts)


def unheard_answers(evidence: Evidence, pattern: str, bite: Bite) -> int:
    """Count calls that a gateway answered properly while the fault was on, but whose caller knew nothing afterwards."""
    if evidence.from_outside:
        return sum(charges_unheard_of(evidence, gateway, bite) for gateway in _gateways_behind(pattern))
    if evidence.has("calls"):
        return _calls.unheard(
            evidence, pattern, bite, noticed_until_us(evidence, bite), _quiet(evidence, pattern, bite)
        )
    return sum(
        evidence.count(
            f"""SELECT count(*) FROM gateway_calls c JOIN attempts a USING (attempt_id)
                JOIN operations o ON o.operation_id = a.operation_id
                WHERE c.gateway = ? AND c.fault = '' AND c.http_status IS NOT NULL
                AND c.answered_at_us BETWEEN ? AND ? AND {_callers(pattern)}
                AND coalesce(a.decided_at_us, 9e18) > c.answered_at_us + {HEARD_WITHIN_US}
                AND {_settled(evidence, pattern, bite, "c.arrived_at_us", "c.answered_at_us")}""",
            [gateway, bite.from_us, bite.to_us],
        )
        for gateway in _gateways_behind(pattern)
    )


def slow_calls(evidence: Evidence, pattern: str, bite: Bite, at_least_ms: float) -> int:
    """Count calls over links matching `pattern` that took at least `at_least_ms` or broke while the fault was on."""
    if evidence.from_outside:
        return slow_requests(evidence, bite, at_least_ms)
    if evidence.has("calls"):
        late = _calls.slow(evidence, pattern, bite, at_least_ms, _quiet(evidence, pattern, bite))
        return late + broken_calls(evidence, pattern, bite)
    slow = sum(
        evidence.count(
            f"""SELECT count(*) FROM attempts a JOIN operations o ON o.operation_id = a.operation_id
                WHERE a.gateway = ? AND a.dispatched_at_us BETWEEN ? AND ? AND {_callers(pattern)}
                AND a.decided_at_us - a.dispatched_at_us >= ?
                AND {_settled(evidence, pattern, bite, "a.dispatched_at_us", "a.decided_at_us")}""",
            [gateway, bite.from_us, bite.to_us, int(at_least_ms * 1000)],
        )
        for gateway in _gateways_behind(pattern)
    )
    if any(_reaches(pattern, database) for database in DATABASES):
        slow += evidence.count(
            f"""SELECT count(*) FROM history WHERE sent_us BETWEEN ? AND ? AND {_replicas(pattern)}
                AND coalesce(done_us, 9e18) - sent_us >= ?
                AND {_settled(evidence, pattern, bite, "sent_us", "coalesce(done_us, 9e18)")}""",
            [bite.from_us, bite.to_us, int(at_least_ms * 1000)],
        )
    return slow + broken_calls(evidence, pattern, bite)


def calls_marked(evidence: Evidence, gateway: str, kind: str, bite: Bite) -> int:
    """Count the calls that a simulator itself says it spoilt in the way `kind` names."""
    return evidence.count(
        "SELECT count(*) FROM gateway_calls WHERE gateway = ? AND fault = ? AND arrived_at_us BETWEEN ? AND ?",
        [gateway, kind, bite.from_us, noticed_until_us(evidence, bite)],
    )


def noticed_until_us(evidence: Evidence, bite: Bite) -> int:
    """Return until when a broken call counts for this fault: its grace ends where the next fault begins."""
    later = [begin for _, _, begin, _ in evidence.fault_windows() if begin > bite.to_us]
    return min([bite.to_us + GRACE_US, *later])


def _gateways_behind(pattern: str) -> list[str]:
    return [gateway for gateway in GATEWAYS if _reaches(pattern, gateway)]


def _reaches(pattern: str, server: str) -> bool:
    return any(fnmatch(f"{client}-to-{server}", pattern) for client in CALLERS)


def _callers(pattern: str) -> str:
    """Return the condition that keeps to the replicas whose links are broken; the worker's calls carry no replica."""
    names = {caller for caller in CALLERS for gateway in GATEWAYS if fnmatch(f"{caller}-to-{gateway}", pattern)}
    if "worker" in names:
        return "true"
    listed = ", ".join(f"'{name}'" for name in sorted(names)) or "''"
    return f"o.correlation_id IN (SELECT correlation_id FROM history WHERE replica IN ({listed}))"


def _replicas(pattern: str) -> str:
    links = [(name, f"{name}-to-{node}") for name in ("api1", "api2") for node in DATABASES]
    names = sorted({name for name, link in links if fnmatch(link, pattern)})
    return "replica IN ({})".format(", ".join(f"'{name}'" for name in names) or "''")


def _broken_gateway_calls(evidence: Evidence, gateway: str, pattern: str, bite: Bite) -> int:
    return evidence.count(
        f"""SELECT count(*) FROM attempt_transitions t JOIN attempts a USING (attempt_id)
            JOIN operations o ON o.operation_id = a.operation_id
            WHERE a.gateway = ? AND t.to_state IN ('unknown', 'not_executed') AND t.at_us BETWEEN ? AND ?
            AND {_callers(pattern)} AND t.attempt_id NOT IN (SELECT attempt_id FROM gateway_calls WHERE fault <> '')
            AND {_settled(evidence, pattern, bite, "coalesce(a.dispatched_at_us, a.prepared_at_us)", "t.at_us")}""",
        [gateway, bite.from_us, noticed_until_us(evidence, bite)],
    )


def _broken_deliveries(evidence: Evidence, bite: Bite) -> int:
    return evidence.count(
        "SELECT count(*) FROM delivery_attempts WHERE http_status IS NULL AND sent_at_us BETWEEN ? AND ?",
        [bite.from_us, noticed_until_us(evidence, bite)],
    )


def _broken_operations(evidence: Evidence, pattern: str, bite: Bite) -> int:
    return evidence.count(
        f"""SELECT count(*) FROM history WHERE sent_us BETWEEN ? AND ? AND {_replicas(pattern)}
            AND (outcome = 'UNKNOWN' OR http_status >= 500)
            AND {_settled(evidence, pattern, bite, "sent_us", "coalesce(done_us, 9e18)")}""",
        [bite.from_us, bite.to_us],
    )


def _quiet(evidence: Evidence, pattern: str, bite: Bite) -> str:
    return _settled(evidence, pattern, bite, "c.sent_at_us", "c.done_at_us")


def _settled(evidence: Evidence, pattern: str, bite: Bite, begun: str, ended: str) -> str:
    """Return the condition that a call (columns `begun` and `ended`) was not in flight while links like these changed.

    A change closes connections, or lets out what an earlier toxic held: what happened to such a call is the change's
    doing, and counts for no fault.
    """
    moments = [
        f"NOT ({begun} <= {int(event.detail['until_us'])} AND {ended} >= {event.at_us})"
        for event in evidence.events_of("links_changed")
        if bite.from_us <= event.at_us <= bite.to_us
        and any(fnmatch(str(name), pattern) for name in event.detail["links"])
    ]
    return " AND ".join(moments) or "true"
