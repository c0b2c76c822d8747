"""I41: there is one truth. A primary that another has replaced, or is about to, acknowledges nothing.

The harness tries: it writes straight to a node that was cut off, and to one that still calls itself the primary after
another was promoted. A write that waits for its standby was not acknowledged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.core.evidence import Evidence
from harness.core.judgement import Invariant, Violation, Witness
from harness.invariants._telling import clock


@dataclass(frozen=True)
class _Try:
    at_us: int
    node: str
    answer: str
    place: str


def _tries(evidence: Evidence) -> Iterator[_Try]:
    for event in evidence.events_of("stale_write"):
        yield _Try(event.at_us, event.detail["node"], event.detail["answer"], "after another was promoted")
    for event in evidence.events_of("fault_seen"):
        if event.detail.get("moment") == "cut off":
            yield _Try(event.at_us, event.detail["node"], event.detail["write"], "while it was cut off")


def _successors(evidence: Evidence, node: str) -> list[tuple[str, int, int]]:
    """Return (node, timeline, at_us) of every other node that became the primary on a later timeline than `node`'s."""
    states = evidence.events_of("database_state")
    led = [item.detail for item in states if item.detail["node"] == node and item.detail["accepts_writes"]]
    own = min((state["timeline"] for state in led), default=0)
    return [
        (item.detail["node"], item.detail["timeline"], item.at_us)
        for item in states
        if item.detail["node"] != node and item.detail["accepts_writes"] and item.detail["timeline"] > own > 0
    ]


def _violations(evidence: Evidence) -> Sequence[Violation]:
    found = []
    for item in _tries(evidence):
        successors = _successors(evidence, item.node)
        if item.answer == "accepted" and successors:
            other, timeline, at_us = successors[0]
            found.append(
                Violation(
                    item.node,
                    f"{item.node} acknowledged a write at {clock(evidence, item.at_us)}, {item.place}; {other} was the "
                    f"primary on timeline {timeline} from {clock(evidence, at_us)} on, without that write",
                    size=2,
                )
            )
    return found


def _count(evidence: Evidence) -> int:
    return sum(item.answer != "accepted" for item in _tries(evidence))


INVARIANT = Invariant(
    id="I41",
    sentence="A primary that was cut off or replaced acknowledges no write.",
    kind="safety",
    needs=("history",),
    witness=Witness("writes tried straight on a primary that was cut off or replaced", 3, _count),
    violations=_violations,
    whole=True,
)
