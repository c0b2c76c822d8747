"""What a fault on links did, read from the table of calls: every caller says how far each of its calls got."""

from fnmatch import fnmatch

from faults._cluster import BEHIND_BYTES, LAG, losses
from harness.core.evidence import Evidence
from harness.core.fault import Bite

_WRITTEN = "('sent', 'reset', 'truncated')"
"""Phases in which the request had left its caller."""


def broken(evidence: Evidence, pattern: str, bite: Bite, until_us: int, settled: str) -> int:
    """Count calls over links matching `pattern` that got no answer while the fault was on, and nobody else spoilt.

    `until_us` is how late they may have noticed, `settled` the condition that the links had not just been changed.
    """
    return evidence.count(
        f"""SELECT count(*) FROM calls c WHERE {_over(evidence, pattern)} AND c.phase <> 'answered'
            AND c.sent_at_us <= ? AND c.done_at_us BETWEEN ? AND ? AND {settled} AND NOT ({_spoilt(evidence)})""",
        [bite.to_us, bite.from_us, until_us],
    )


def slow(evidence: Evidence, pattern: str, bite: Bite, at_least_ms: float, settled: str) -> int:
    """Count calls over links matching `pattern` that were answered, but took at least `at_least_ms`."""
    return evidence.count(
        f"""SELECT count(*) FROM calls c WHERE {_over(evidence, pattern)} AND c.phase = 'answered'
            AND c.sent_at_us BETWEEN ? AND ? AND c.done_at_us - c.sent_at_us >= ? AND {settled}""",
        [bite.from_us, bite.to_us, int(at_least_ms * 1000)],
    )


def unheard(evidence: Evidence, pattern: str, bite: Bite, until_us: int, settled: str) -> int:
    """Count calls that arrived, and whose caller heard no answer.

    A gateway says itself which calls it answered properly; of others it is enough that the request was sent.
    """
    answered = """EXISTS (SELECT 1 FROM gateway_calls g WHERE g.gateway = c.callee AND g.correlation_id = c.about
        AND g.fault = '' AND g.http_status IS NOT NULL AND g.arrived_at_us BETWEEN c.sent_at_us AND c.done_at_us)"""
    return evidence.count(
        f"""SELECT count(*) FROM calls c WHERE {_over(evidence, pattern)} AND c.phase IN {_WRITTEN}
            AND c.sent_at_us <= ? AND c.done_at_us BETWEEN ? AND ? AND {settled}
            AND ({answered} OR c.callee NOT IN (SELECT DISTINCT gateway FROM gateway_calls))""",
        [bite.to_us, bite.from_us, until_us],
    )


def withheld(evidence: Evidence, pattern: str, bite: Bite) -> int:
    """Count the looks at which a standby lacked much of the log that a link matching `pattern` should have carried.

    The links over which leaders are chosen show only where a majority is gone: the primary gives up its writes.
    """
    links = [str(link) for link in evidence.plan.get("links", {}) if fnmatch(link, pattern)]
    voting = any(link.startswith("raft-") or link.endswith("-to-etcd") for link in links)
    return _lagging(evidence, pattern, bite) + (losses(evidence, bite) if voting else 0)


def why_quiet(evidence: Evidence, pattern: str, bite: Bite) -> str:
    """Return why links matching `pattern` may have carried nothing; '' where one of them always carries something.

    A way to a node of the database is never quiet while that node is the primary; its own ways to others are.
    """
    primaries = {_primary(evidence, at_us) for at_us in (bite.from_us, bite.to_us)} - {""}
    reasons = set()
    for link, why in evidence.plan.get("links", {}).items():
        if fnmatch(link, pattern):
            source, _, callee = str(link).partition("-to-db-")
            reasons.add("" if callee in primaries and source.removeprefix("standby-") not in primaries else str(why))
    return "" if "" in reasons else "; ".join(sorted(reasons))


def _over(evidence: Evidence, pattern: str) -> str:
    pairs = evidence.rows("SELECT DISTINCT caller, callee FROM calls ORDER BY ALL")
    links = ["{caller}-to-{callee}".format(**pair) for pair in pairs]
    listed = ", ".join(f"'{link}'" for link in links if fnmatch(link, pattern))
    return f"c.caller || '-to-' || c.callee IN ({listed or 'NULL'})"


def _spoilt(evidence: Evidence) -> str:
    """Return the condition that a simulator itself says that it spoilt the call: that is another fault's hit."""
    about = {
        "gateway_calls": ("gateway", "correlation_id", "arrived"),
        "sink_events": ("'sink'", "event_id", "received"),
    }
    return " OR ".join(
        f"""EXISTS (SELECT 1 FROM {table} s WHERE s.fault <> '' AND {callee} = c.callee AND s.{name} = c.about
            AND s.{moment}_at_us BETWEEN c.sent_at_us AND c.done_at_us)"""
        for table, (callee, name, moment) in about.items()
        if evidence.has(table)
    ) or "false"  # fmt: skip


def _lagging(evidence: Evidence, pattern: str, bite: Bite) -> int:
    if not evidence.has("metrics"):
        return 0
    looks = evidence.rows(
        "SELECT at_us, process FROM metrics WHERE metric = ? AND value >= ? AND at_us BETWEEN ? AND ?",
        [LAG, BEHIND_BYTES, bite.from_us, bite.to_us],
    )
    count = 0
    for look in looks:
        standby = str(look["process"]).removeprefix("pg-")
        count += fnmatch(f"standby-{standby}-to-db-{_primary(evidence, look['at_us'])}", pattern)
    return count


def _primary(evidence: Evidence, at_us: int) -> str:
    """Return the letter of the node that was last seen to accept writes by then, '' where none was."""
    led = [
        (event.at_us, str(event.detail["node"]).removeprefix("pg-"))
        for event in evidence.events_of("database_state")
        if event.detail["accepts_writes"] and event.at_us <= at_us
    ]
    return max(led, default=(0, ""))[1]
