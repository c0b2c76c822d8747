"""What a fault did to real traffic, counted from the evidence. Toxiproxy's own byte counters cannot prove it."""

from fnmatch import fnmatch

from harness.core.evidence import Evidence
from harness.core.fault import Bite

GRACE_US = 2_500_000
"""How long after a fault is healed a call that it broke may still be noticed (the callers' own timeout and a bit)."""

GATEWAYS = ("stripe", "paypal")


def broken_calls(evidence: Evidence, pattern: str, bite: Bite) -> int:
    """Count calls over links matching `pattern` that ended without an answer while the fault was on."""
    counts = [_broken_gateway_calls(evidence, gateway, bite) for gateway in _gateways_behind(pattern)]
    if _reaches(pattern, "sink"):
        counts.append(_broken_deliveries(evidence, bite))
    if _reaches(pattern, "db-a") or _reaches(pattern, "db-b"):
        counts.append(_broken_operations(evidence, pattern, bite))
    return sum(counts)


def slow_calls(evidence: Evidence, pattern: str, bite: Bite, at_least_ms: float) -> int:
    """Count calls over links matching `pattern` that took at least `at_least_ms` or broke while the fault was on."""
    slow = sum(
        evidence.count(
            """SELECT count(*) FROM attempts WHERE gateway = ? AND dispatched_at_us BETWEEN ? AND ?
               AND coalesce(decided_at_us, 9e18) - dispatched_at_us >= ?""",
            [gateway, bite.from_us, bite.to_us, int(at_least_ms * 1000)],
        )
        for gateway in _gateways_behind(pattern)
    )
    if _reaches(pattern, "db-a") or _reaches(pattern, "db-b"):
        slow += evidence.count(
            f"""SELECT count(*) FROM history WHERE sent_us BETWEEN ? AND ? AND {_replicas(pattern)}
                AND coalesce(done_us, 9e18) - sent_us >= ?""",
            [bite.from_us, bite.to_us, int(at_least_ms * 1000)],
        )
    return slow + broken_calls(evidence, pattern, bite)


def calls_marked(evidence: Evidence, gateway: str, kind: str, bite: Bite) -> int:
    """Count the calls that a simulator itself says it spoilt in the way `kind` names."""
    return evidence.count(
        "SELECT count(*) FROM gateway_calls WHERE gateway = ? AND fault = ? AND arrived_at_us BETWEEN ? AND ?",
        [gateway, kind, bite.from_us, bite.to_us + GRACE_US],
    )


def _gateways_behind(pattern: str) -> list[str]:
    return [gateway for gateway in GATEWAYS if _reaches(pattern, gateway)]


def _reaches(pattern: str, server: str) -> bool:
    return any(fnmatch(f"{client}-to-{server}", pattern) for client in ("api1", "api2", "worker"))


def _replicas(pattern: str) -> str:
    names = [
        name for name in ("api1", "api2") if fnmatch(f"{name}-to-db-a", pattern) or fnmatch(f"{name}-to-db-b", pattern)
    ]
    return "replica IN ({})".format(", ".join(f"'{name}'" for name in names) or "''")


def _broken_gateway_calls(evidence: Evidence, gateway: str, bite: Bite) -> int:
    return evidence.count(
        """SELECT count(*) FROM attempt_transitions t JOIN attempts a USING (attempt_id)
           WHERE a.gateway = ? AND t.to_state IN ('unknown', 'not_executed') AND t.at_us BETWEEN ? AND ?""",
        [gateway, bite.from_us, bite.to_us + GRACE_US],
    )


def _broken_deliveries(evidence: Evidence, bite: Bite) -> int:
    return evidence.count(
        "SELECT count(*) FROM delivery_attempts WHERE http_status IS NULL AND sent_at_us BETWEEN ? AND ?",
        [bite.from_us, bite.to_us + GRACE_US],
    )


def _broken_operations(evidence: Evidence, pattern: str, bite: Bite) -> int:
    return evidence.count(
        f"""SELECT count(*) FROM history WHERE sent_us BETWEEN ? AND ? AND {_replicas(pattern)}
            AND (outcome = 'UNKNOWN' OR http_status >= 500)""",
        [bite.from_us, bite.to_us],
    )
