"""Which gateway carried the traffic, and what the breakers thought of it, second by second."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from harness.core.evidence import Evidence
from harness.core.plain import Cell
from reports.tables import holds
from reports.timeline.axis import Axis

Change = tuple[str, str, str, str, int]


class Band(msgspec.Struct, frozen=True, rename={"from_s": "from", "to_s": "to"}):
    """A stretch in which a breaker had one state."""

    from_s: float
    to_s: float
    state: str


class Breaker(msgspec.Struct, frozen=True):
    """A breaker that ever moved, with its states."""

    label: str
    bands: list[Band]


_CHANGE = ("gateway", "operation_class", "from_state", "to_state", "at_us")


def share(evidence: Evidence, axis: Axis) -> dict[str, list[float]] | None:
    """Return attempts dispatched per second by gateway, from our attempts, else from the gateways' own calls.

    None where the run has neither table.
    """
    if holds(evidence, "attempts", "gateway", "dispatched_at_us"):
        table, column = "attempts", "dispatched_at_us"
    elif holds(evidence, "gateway_calls", "gateway", "arrived_at_us"):
        table, column = "gateway_calls", "arrived_at_us"
    else:
        return None
    rows = evidence.rows(
        f"SELECT gateway, {axis.bucket_of(column)} AS bucket, count(*) AS number FROM {table} "
        f"WHERE {column} IS NOT NULL GROUP BY ALL"
    )
    names = sorted({row["gateway"] for row in rows}, key=lambda name: (name != "stripe", name))
    found = {name: {row["bucket"]: row["number"] for row in rows if row["gateway"] == name} for name in names}
    return {name: [round(value / axis.bucket_s, 2) for value in axis.fill(found[name])] for name in names}


def bands(evidence: Evidence, axis: Axis) -> list[Breaker] | None:
    """Return for each breaker that ever moved its states as bands of the axis; None where nothing was collected."""
    changes = _changes(evidence)
    if changes is None:
        return None
    by_breaker: dict[tuple[str, str], list[Change]] = {}
    for change in sorted(changes, key=lambda item: item[4]):
        by_breaker.setdefault((change[0], change[1]), []).append(change)
    return [
        Breaker(f"{gateway} {operation_class}", _bands(axis, steps))
        for (gateway, operation_class), steps in sorted(by_breaker.items())
    ]


def _changes(evidence: Evidence) -> list[Change] | None:
    if holds(evidence, "breaker_transitions", *_CHANGE):
        return [_change(row) for row in evidence.rows(f"SELECT {', '.join(_CHANGE)} FROM breaker_transitions")]
    events = [event for event in evidence.events_of("breaker") if event.detail.keys() >= set(_CHANGE[:4])]
    return [_change({**event.detail, "at_us": event.at_us}) for event in events] or None


def _change(row: Mapping[str, Cell]) -> Change:
    gateway, operation_class, from_state, to_state = (str(row[name]) for name in _CHANGE[:4])
    return gateway, operation_class, from_state, to_state, int(str(row["at_us"]))


def _bands(axis: Axis, steps: Sequence[Change]) -> list[Band]:
    edges = [0.0, *(min(max(axis.at_s(step[4]), 0.0), axis.end_s) for step in steps), float(axis.end_s)]
    states = [steps[0][2], *(step[3] for step in steps)]
    return [Band(begin, end, state) for state, (begin, end) in zip(states, pairwise(edges), strict=True) if end > begin]
