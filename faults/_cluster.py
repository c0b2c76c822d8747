"""What the faults of database nodes share: which node, how it is brought back, and the proof that it was gone.

The proof is what the harness saw of the nodes themselves: `database_state` events, and lag in `metrics`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

from harness.core.database_controls import Database
from harness.core.evidence import Event, Evidence
from harness.core.fault import DATABASE, Bite, Schedulable, Sighting, Undo
from harness.core.surface import Surface

BEHIND_BYTES = 16_384
"""A standby this far behind is not just a look between two commits."""

LAG = "replication_lag_bytes"

_OF_GATEWAYS = "('gateways_unavailable', 'gateway_unreachable')"
"""Refusals for want of a gateway: no database's doing."""


@dataclass(frozen=True)
class PrimaryFault(Schedulable):
    """Whoever is the primary when the fault begins is broken with `act`; `mend` gives the undo for a node."""

    needs: ClassVar[frozenset[str]] = frozenset({DATABASE})
    name: str
    act: Callable[[Database, str], int]
    mend: Callable[[Database, str], Undo]
    proof: Callable[[Evidence, Bite], int]
    place: str = "primary"
    settings: Mapping[str, float | int | str] = field(default_factory=dict)

    def undo(self, surface: Surface) -> Sequence[Undo]:
        """Return a step for every node: nobody knows who is the primary a moment later."""
        return [self.mend(surface.database, node) for node in surface.database.nodes()]

    def inject(self, surface: Surface, seed: int) -> Sighting:
        """Break the primary. Verified by the database's controls."""
        node = surface.database.primary()
        timeline = surface.database.look(node).timeline
        return {"node": node, "timeline": timeline, "pid": self.act(surface.database, node)}

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count what the fault's own proof counts."""
        return self.proof(evidence, bite)


def outage(evidence: Evidence, bite: Bite) -> int:
    """Count what the loss of the primary broke: each stop of its writes, each promotion, each request that starved.

    A promotion is no condition: with a lease that outlasts the fault, or nobody left to promote, everything is broken
    and nobody takes over.
    """
    seen = losses(evidence, bite) + promotions(evidence, bite)
    return seen + starved_requests(evidence, bite) if seen else 0


def losses(evidence: Evidence, bite: Bite) -> int:
    """Count how often the node that led when the fault began stopped accepting writes while it was on."""
    old = _leader_before(evidence, bite)
    if old is None:
        return 0
    accepting = [True] + [
        bool(item.detail["accepts_writes"])
        for item in evidence.events_of("database_state")
        if item.detail["node"] == old.detail["node"] and bite.from_us <= item.at_us <= bite.to_us
    ]
    return sum(before and not now for before, now in pairwise(accepting))


def promotions(evidence: Evidence, bite: Bite) -> int:
    """Count the nodes that took over from the fault's primary: on a later timeline, and not that primary again."""
    old = _leader_before(evidence, bite)
    if old is None:
        return 0
    taken = {
        (item.detail["node"], item.detail["timeline"])
        for item in evidence.events_of("database_state")
        if item.detail["accepts_writes"]
        and bite.from_us <= item.at_us <= bite.to_us
        and item.detail["node"] != old.detail["node"]
    }
    return sum(int(timeline) > int(old.detail["timeline"]) for _, timeline in taken)


def starved_requests(evidence: Evidence, bite: Bite) -> int:
    """Count requests sent while the fault was on that got no answer, or a refusal for want of a database."""
    if not evidence.has("history"):
        return 0
    return evidence.count(
        f"""SELECT count(*) FROM history WHERE kind <> 'final_read' AND sent_us BETWEEN ? AND ?
            AND ((http_status IS NULL AND coalesce(done_us, 9e18) > sent_us)
                OR (http_status >= 500 AND coalesce(error_code, '') NOT IN {_OF_GATEWAYS}))""",
        [bite.from_us, bite.to_us],
    )


def _leader_before(evidence: Evidence, bite: Bite) -> Event | None:
    """Return what was seen of the node that accepted writes when the fault began; None where nobody saw one."""
    led = [
        item
        for item in evidence.events_of("database_state")
        if item.detail["accepts_writes"] and item.at_us < bite.from_us
    ]
    return max(led, key=lambda item: int(item.detail["timeline"]), default=None)
