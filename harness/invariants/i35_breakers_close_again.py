"""I35: a breaker protects for a while. It is no verdict for life, and no reason to doubt an honest decline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock

MARGIN_S = 2.0
"""Beside twice the open interval: the replicas' poll of the shared state and the probe's own call."""
GRACE_S = 1.0
"""After opening, calls that were already on their way still arrive, and replicas learn of it by polling."""
LEAKS_ALLOWED = 5
"""What a replica that polls late may let through in one opening."""
PROBES_ALLOWED = 3
CHANCES_NEEDED = 10
"""A breaker closes by a probe, and a probe needs traffic: fewer arrivals than this prove nothing."""
SETTLED_SHARE = 0.5
"""Of the share of traffic that the primary had before the fault: at least so much must have come back."""
SLOW_US = 1_000_000
DOUBTS_COUNT = 2
"""An attempt in doubt is asked about again and again: so many failures of its calls fit into a breaker's window."""
REPLICAS = 2
"""Each replica has a window of its own, so it takes this many times the failures for all to be full. This many there
were in runs that did not store it."""

_KINDS = {"charge": "('sale', 'authorize')", "modify": "('capture', 'void', 'refund', 'reversal')"}
"""Kinds of operations that each class of breaker lets through."""


@dataclass(frozen=True)
class Span:
    """One state that a breaker was in."""

    gateway: str
    operation_class: str
    state: str
    from_us: int
    to_us: int
    reason: str
    process: str = ""
    """Who moved it there: that process knows at once, the others when they next ask."""

    @property
    def name(self) -> str:
        """What the breaker is called in a sentence."""
        return f"breaker of {self.gateway} ({self.operation_class})"


def _spans(evidence: Evidence) -> list[Span]:
    rows = evidence.rows(
        """
        SELECT gateway, operation_class, to_state, at_us, reason, process, lead(at_us) OVER (
            PARTITION BY gateway, operation_class ORDER BY version, at_us) AS until_us
        FROM breaker_transitions ORDER BY gateway, operation_class, version, at_us
        """
    )
    end_us = evidence.load_end_us
    return [
        Span(
            row["gateway"],
            row["operation_class"],
            row["to_state"],
            row["at_us"],
            row["until_us"] or max(end_us, row["at_us"]),
            row["reason"] or "",
            row["process"] or "",
        )
        for row in rows
    ]


def _limit_us(evidence: Evidence) -> int:
    """How long after a heal a breaker may stay away from closed."""
    return int((2 * evidence.setting("PAY_BREAKER_OPEN_S", 2.0) + MARGIN_S) * 1e6)


def _demanded(evidence: Evidence) -> list[tuple[int, int, int]]:
    """Return (heal, deadline, end) of every quiet stretch long enough to demand that breakers close in it."""
    limit_us = _limit_us(evidence)
    return [(begin, begin + limit_us, end) for begin, end in evidence.quiet_spans() if end >= begin + limit_us]


def _arrivals(evidence: Evidence, from_us: int, to_us: int) -> int:
    return evidence.count(
        "SELECT count(DISTINCT op) FROM history WHERE kind = 'create' AND expect = 'succeed' "
        "AND sent_us BETWEEN ? AND ?",
        [from_us, to_us],
    )


def _stuck(evidence: Evidence) -> Iterator[Violation]:
    """After a heal, with traffic to probe with, a breaker of new charges was not closed for a moment until the limit.

    Calls that began before the heal may still time out after it and open a breaker then; that is not held against it.
    Nor is a breaker of a gateway to which nobody turns: a fallback is probed when it is needed, and not before.
    """
    late_us = int(evidence.setting("PAY_GATEWAY_TIMEOUT_S", 1.5) * 1e6)
    demanded, spans = _demanded(evidence), [span for span in _spans(evidence) if span.operation_class == "charge"]
    if not demanded or not spans:
        return
    wanted = {gateway for gateway, tried in _tried(evidence, 0, evidence.first_fault_us).items() if tried}
    spans = [span for span in spans if span.gateway in wanted]
    for heal_us, deadline_us, _ in demanded:
        if _arrivals(evidence, heal_us, deadline_us) < CHANCES_NEEDED:
            continue
        for gateway in sorted({span.gateway for span in spans}):
            held = [span for span in spans if span.gateway == gateway and span.from_us <= deadline_us]
            held = [span for span in held if span.to_us > heal_us + late_us or span is held[-1]]
            began_closed = not any(span.from_us <= heal_us + late_us for span in held)
            if held and not began_closed and all(span.state != "closed" for span in held):
                yield Violation(
                    f"{gateway}/charge",
                    f"the {held[-1].name} is still {held[-1].state} at {clock(evidence, deadline_us)}, although the "
                    f"last fault was healed at {clock(evidence, heal_us)} and payments kept arriving",
                    timed=True,
                )


def _tried(evidence: Evidence, from_us: int, to_us: int) -> dict[str, int]:
    """Count the attempts at new charges by gateway."""
    rows = evidence.rows(
        """
        SELECT a.gateway, count(*) AS attempts FROM attempts a JOIN operations o ON o.operation_id = a.operation_id
        WHERE o.kind IN ('sale', 'authorize') AND a.prepared_at_us BETWEEN ? AND ? GROUP BY a.gateway
        """,
        [from_us, to_us],
    )
    return {row["gateway"]: row["attempts"] for row in rows}


def _absent(evidence: Evidence) -> Iterator[Violation]:
    """Traffic returns to the gateway that had most of it before the first fault."""
    demanded = _demanded(evidence)
    before = _tried(evidence, 0, evidence.first_fault_us) if demanded else {}
    if sum(before.values()) < CHANCES_NEEDED:
        return
    primary = max(before, key=lambda gateway: before[gateway])
    for heal_us, deadline_us, end_us in demanded:
        after = _tried(evidence, deadline_us, end_us)
        total = sum(after.values())
        needed = SETTLED_SHARE * before[primary] / sum(before.values())
        if total >= CHANCES_NEEDED and after.get(primary, 0) / total < needed:
            yield Violation(
                f"{primary}/traffic",
                f"of {total} payments tried after {clock(evidence, deadline_us)} only {after.get(primary, 0)} went to "
                f"{primary}, which had {before[primary]} of {sum(before.values())} before the first fault and was "
                f"healed at {clock(evidence, heal_us)}",
                timed=True,
            )


def _leaks(evidence: Evidence) -> Iterator[Violation]:
    """While a breaker is open, nothing new goes to its gateway; while it is half open, only probes do.

    A replica that is given no processor asks late whether another one opened it. Whoever opened it has no such excuse.
    """
    for span in _spans(evidence):
        kinds = _KINDS.get(span.operation_class)
        from_us = span.from_us + int(GRACE_S * 1e6)
        if span.state == "closed" or kinds is None or from_us >= span.to_us:
            continue
        leaked = evidence.rows(
            f"""
            SELECT a.attempt_id, a.dispatched_at_us, coalesce(h.replica = ?, false) AS knew
            FROM attempts a JOIN operations o ON o.operation_id = a.operation_id
            LEFT JOIN (SELECT correlation_id, any_value(replica) AS replica FROM history GROUP BY correlation_id) h
                ON h.correlation_id = o.correlation_id
            WHERE o.kind IN {kinds} AND a.gateway = ? AND a.prepared_at_us BETWEEN ? AND ?
                AND a.dispatched_at_us BETWEEN ? AND ? ORDER BY a.dispatched_at_us
            """,
            [span.process, span.gateway, from_us, span.to_us, from_us, span.to_us - 1],
        )
        allowed = LEAKS_ALLOWED if span.state == "open" else PROBES_ALLOWED
        if len(leaked) > allowed:
            yield Violation(
                f"{span.gateway}/{span.operation_class}@{span.from_us}",
                f"the {span.name} was {span.state} from {clock(evidence, span.from_us)} to "
                f"{clock(evidence, span.to_us)}, but let {len(leaked)} new calls through (first "
                f"{leaked[0]['attempt_id']} at {clock(evidence, leaked[0]['dispatched_at_us'])})",
                size=len(leaked),
                timed=sum(row["knew"] for row in leaked) <= allowed,
            )


def _groundless(evidence: Evidence) -> Iterator[Violation]:
    """A breaker opened although its gateway had only answered, and answered in time: declines are answers.

    Judged by what came in the breaker's window. Fewer failures than a breaker needs, beside declines, are no reason.
    """
    window_us = int(evidence.setting("PAY_BREAKER_WINDOW_S", 5.0) * 1e6)
    timeout_us = int(evidence.setting("PAY_GATEWAY_TIMEOUT_S", 1.5) * 1e6)
    needed = int(evidence.setting("PAY_BREAKER_MIN_FAILURES", 5))
    for span in _spans(evidence):
        if span.state != "open" or "probe" in span.reason:
            continue
        since_us = span.from_us - window_us - 2 * timeout_us
        answers = _answers(evidence, span.gateway, since_us, span.from_us)
        failures = answers["failures"] + DOUBTS_COUNT * answers["doubts"] + answers["broken"]
        if "declin" in span.reason or (answers["calls"] and failures < (needed if answers["declines"] else 1)):
            yield Violation(
                f"{span.gateway}/{span.operation_class}@{span.from_us}",
                f"the {span.name} opened at {clock(evidence, span.from_us)} ({span.reason or 'no reason'}), although "
                f"of {answers['calls']} calls that {span.gateway} heard before {answers['declines']} were declined and "
                f"no more than {failures} failed",
                size=max(1, answers["calls"]),
            )


def _answers(evidence: Evidence, gateway: str, from_us: int, to_us: int) -> dict[str, int]:
    """Count what a breaker may have heard between the two: `calls`, `declines`, and three kinds of trouble.

    `failures` are attempts that went badly, `doubts` older ones that were still being asked about, `broken` calls that
    the gateway itself knows to have gone wrong. One trouble may be in two of them: that is never unfair to a breaker.
    """
    within = f"prepared_at_us BETWEEN {from_us} AND {to_us}"
    row = evidence.rows(
        f"""
        SELECT count(*) FILTER ({within}) AS calls, count(*) FILTER ({within} AND state = 'declined') AS declines,
            count(*) FILTER ({within} AND (coalesce(phase, '') <> 'answered' OR http_status >= 500 OR sends > 1
                OR http_status IN (408, 409, 429) OR state IN ('unknown', 'dispatched', 'manual')
                OR decided_at_us - dispatched_at_us > {SLOW_US})) AS failures,
            count(*) FILTER (dispatched_at_us < {from_us} AND coalesce(decided_at_us, 9e18) > {from_us}) AS doubts
        FROM attempts WHERE gateway = ?
        """,
        [gateway],
    )[0]
    broken = evidence.count(
        "SELECT count(*) FROM gateway_calls WHERE gateway = ? AND arrived_at_us BETWEEN ? AND ? "
        "AND (http_status IS NULL OR http_status >= 500 OR fault NOT IN ('', 'decline_storm'))",
        [gateway, from_us, to_us],
    )
    return {**row, "broken": broken}


def _storms(evidence: Evidence) -> int:
    """Count the windows in which declines alone would have opened a breaker that takes them for failures."""
    window_us = int(evidence.setting("PAY_BREAKER_WINDOW_S", 5.0) * 1e6)
    return evidence.count(
        """
        SELECT count(*) FROM (
            SELECT 1 FROM attempts WHERE prepared_at_us IS NOT NULL GROUP BY gateway, prepared_at_us // ?
            HAVING count(*) FILTER (state = 'declined') >= ? AND 2 * count(*) FILTER (state = 'declined') >= count(*))
        """,
        [window_us, int(evidence.setting("PAY_BREAKER_MIN_FAILURES", 5)) * evidence.replicas("api", before=REPLICAS)],
    )


def _violations(evidence: Evidence) -> Sequence[Violation]:
    return [*_stuck(evidence), *_absent(evidence), *_leaks(evidence), *_groundless(evidence)]


def _count(evidence: Evidence) -> int:
    """Count openings that were followed by a quiet stretch long enough to close again, and storms of declines."""
    opened = [span.from_us for span in _spans(evidence) if span.state == "open"]
    return _storms(evidence) + sum(any(begin < deadline for _, deadline, _ in _demanded(evidence)) for begin in opened)


INVARIANT = Invariant(
    id="I35",
    sentence="After a gateway recovers, its breaker closes and traffic returns within the limit; open breakers leak "
    "only probes; declines never open one.",
    kind="liveness",
    needs=("history", "operations", "attempts", "breaker_transitions", "gateway_calls"),
    witness=Witness(
        "times that a breaker opened and had the time to close again, or that declines tempted it", 1, _count
    ),
    violations=_violations,
    whole=True,
)
