"""When the primary was lost and when writes were possible again, as the harness saw it at the nodes themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.core.evidence import Evidence


@dataclass(frozen=True)
class Writer:
    """A node that takes writes, on its timeline (None where nobody asked)."""

    node: str
    timeline: int | None

    def continues(self, other: "Writer") -> bool:
        """Tell whether this is the same server on the same timeline as far as anybody knows."""
        return self.node == other.node and (None in (self.timeline, other.timeline) or self.timeline == other.timeline)


@dataclass(frozen=True)
class Move:
    """One loss of the primary. Times are in microseconds since the epoch; `began_us` is when its cause began.

    `lost_us` is None where the old primary went on taking writes (it was cut off), `writable_us` where nobody took
    writes again; then `new` is None too.
    """

    fault: str
    began_us: int
    old: Writer
    new: Writer | None
    lost_us: int | None
    writable_us: int | None

    @property
    def moved(self) -> bool:
        """Tell whether another node, or the same on a new timeline, took over."""
        return self.new is not None and not self.new.continues(self.old)


def moves(evidence: Evidence) -> list[Move]:
    """Return every loss of the primary in `database_state` events, oldest first; empty where there are none."""
    found = [move for move in _moves(evidence) if move.moved or move.new is None or _was_down(evidence, move)]
    return sorted(found, key=lambda move: move.began_us)


def failovers(evidence: Evidence) -> list[Move]:
    """Return the losses of the primary after which another node took over."""
    return [move for move in moves(evidence) if move.new is not None and move.new.node != move.old.node]


def returns(evidence: Evidence) -> list[Move]:
    """Return the losses of the primary after which it came back itself, on whichever timeline."""
    return [move for move in moves(evidence) if move.new is not None and move.new.node == move.old.node]


def _moves(evidence: Evidence) -> Iterator[Move]:
    taking: dict[str, Writer] = {}
    writer: Writer | None = None
    lost_us: int | None = None
    for event in evidence.events_of("database_state"):
        node, timeline = str(event.detail["node"]), event.detail.get("timeline") or None
        taking.pop(node, None)
        if event.detail.get("up") and event.detail.get("accepts_writes"):
            taking[node] = Writer(node, None if timeline is None else int(timeline))
        best = max(taking.values(), key=lambda item: (item.timeline or 0, item == writer), default=None)
        if best is None:
            lost_us = lost_us if lost_us is not None or writer is None else event.at_us
            continue
        if writer is not None and (lost_us is not None or not best.continues(writer)):
            yield _move(evidence, writer, best, lost_us, event.at_us)
        writer, lost_us = best, None
    if writer is not None and lost_us is not None:
        yield _move(evidence, writer, None, lost_us, None)


def _move(evidence: Evidence, old: Writer, new: Writer | None, lost_us: int | None, writable_us: int | None) -> Move:
    """Name the fault that began last before the loss as its cause; without one the loss is its own beginning."""
    seen_us = lost_us if lost_us is not None else writable_us or 0
    causes = [event for event in evidence.events_of("fault_injected") if event.at_us <= seen_us + SEEN_LATE_US]
    fault = str(causes[-1].detail["fault"]) if causes else ""
    # An injection is logged when it is verified: what it broke may have been seen broken a moment before.
    began_us = min(causes[-1].at_us, seen_us) if causes else seen_us
    return Move(fault, began_us, old, new, lost_us, writable_us)


MISSED_US = 2_500_000
"""A node that is asked ten times a second, and is given a second to answer, was really gone after so long."""

SEEN_LATE_US = 1_500_000
"""A fault is written down once its control plane has confirmed it, which may take that long after it bit."""


def _was_down(evidence: Evidence, move: Move) -> bool:
    """Tell whether the old server was really gone, and not merely late with an answer to the harness's question."""
    if move.lost_us is None or move.writable_us is None:
        return False
    broken = any(begin - SEEN_LATE_US <= move.lost_us <= end for _, _, begin, end in evidence.fault_windows())
    return move.writable_us - move.lost_us >= (SEEN_LATE_US if broken else MISSED_US)
