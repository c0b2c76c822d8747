"""Every failover of a run with its phases, as a value: pure from events, logs, metrics, books and the history."""

from itertools import pairwise

from harness.core.evidence import Evidence
from harness.core.recovery import Failover, Phase
from harness.objectives.backlog import drained
from harness.objectives.first_tries import outage
from harness.objectives.moves import Move, moves
from harness.objectives.patroni_log import decision

_NEVER = "writes were never possible again"


def recoveries(evidence: Evidence) -> tuple[Failover, ...]:
    """Return every loss of the primary with what it took to recover, oldest first."""
    edges = [*moves(evidence), None]
    return tuple(
        _recovery(evidence, move, after.began_us if after else evidence.load_end_us)
        for move, after in pairwise(edges)
        if move
    )


def _recovery(evidence: Evidence, move: Move, until_us: int) -> Failover:
    return Failover(
        fault=move.fault,
        old_primary=move.old.node,
        new_primary=move.new.node if move.new else "",
        timeline_before=move.old.timeline,
        timeline_after=move.new.timeline if move.new else None,
        moved=move.moved,
        began_s=_at_s(evidence, move.began_us) or 0.0,
        lost_s=_at_s(evidence, move.lost_us),
        writable_s=_at_s(evidence, move.writable_us),
        phases=(*_election(evidence, move), *_aftermath(evidence, move, until_us)),
        service=_service(evidence, move, until_us),
    )


def _election(evidence: Evidence, move: Move) -> list[Phase]:
    """Detect, decide, promote: from the begin of the loss to the moment at which writes are possible."""
    names = ("detect", "decide", "promote")
    if move.writable_us is None:
        return [Phase(name, None, None, _NEVER) for name in names]
    told = decision(evidence, move.began_us, move.writable_us)
    edges = (move.began_us, told.noticed_us, told.chosen_us, move.writable_us)
    return [
        Phase(
            name,
            _at_s(evidence, begin),
            _at_s(evidence, end),
            "" if begin is not None and end is not None else "the nodes' logs do not tell",
        )
        for name, (begin, end) in zip(names, pairwise(edges), strict=True)
    ]


def _aftermath(evidence: Evidence, move: Move, until_us: int) -> list[Phase]:
    """Reconnect: until the last pool works again. Drain: until no more is in flight than before."""
    if move.writable_us is None:
        return [Phase(name, None, None, _NEVER) for name in ("reconnect", "drain")]
    writable_s = _at_s(evidence, move.writable_us)
    back_us, reason = _reconnected(evidence, move, until_us)
    reconnect = Phase("reconnect", writable_s, _at_s(evidence, back_us), reason)
    from_us = back_us or move.writable_us
    empty = drained(evidence, move.began_us, from_us)
    return [reconnect, Phase("drain", _at_s(evidence, from_us), _at_s(evidence, empty.at_us), empty.reason)]


def _reconnected(evidence: Evidence, move: Move, until_us: int) -> tuple[int | None, str]:
    """Return when the last process's pool worked again, or None and why that is not known."""
    assert move.writable_us is not None
    if not evidence.has("reconnects"):
        return None, "the platform does not tell when its pools work again"
    row = evidence.rows(
        "SELECT max(back_at_us) AS back_us, count(*) AS pools, count(*) FILTER (back_at_us IS NULL) AS gone "
        "FROM reconnects WHERE lost_at_us < ? AND coalesce(back_at_us, ?) >= ?",
        [max(until_us, move.writable_us), move.writable_us, move.began_us],
    )[0]
    if not row["pools"]:
        return None, "no pool lost its connections"
    if row["gone"]:
        return None, f"{row['gone']} of {row['pools']} pools never worked again"
    return max(row["back_us"], move.writable_us), ""


def _service(evidence: Evidence, move: Move, until_us: int) -> Phase:
    if not evidence.has("history"):
        return Phase("service", None, None, "the clients' history is missing")
    found = outage(evidence, move.began_us, until_us)
    return Phase("service", _at_s(evidence, found.from_us), _at_s(evidence, found.back_us), found.reason)


def _at_s(evidence: Evidence, at_us: int | None) -> float | None:
    return None if at_us is None else round((at_us - evidence.t0_us) / 1e6, 3)
