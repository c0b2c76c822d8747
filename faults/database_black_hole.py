"""The way to the database swallows everything: connections stay open, every byte is acknowledged, nothing is answered.

A server that is down refuses, one that is slow answers late; here neither the server's timeouts nor TCP's ever end a
wait. Only clocks of the client's own do.
"""

from dataclasses import dataclass

from faults._links import LinkFault
from faults.database_latency import PLATFORM
from harness.core.evidence import Evidence
from harness.core.fault import Bite
from harness.core.surface import Toxic


@dataclass(frozen=True)
class _BlackHole(LinkFault):
    """A call may end in time all the same, with a refusal; what it lost is the database."""

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count how often a process of the platform lost its database while it was on."""
        if not evidence.has("reconnects"):
            return super().hits(evidence, bite)
        return evidence.count(
            "SELECT count(*) FROM reconnects WHERE lost_at_us BETWEEN ? AND ?", [bite.from_us, bite.to_us]
        )


def database_black_hole(*, link: str = PLATFORM) -> LinkFault:
    """Return a way from the replicas and the worker to the database's nodes on which everything is swallowed.

    `link` names other links, such as those to one node.
    """
    both = tuple(Toxic("timeout", stream, {"timeout": 0}) for stream in ("upstream", "downstream"))
    return _BlackHole(name="database_black_hole", place=link, toxics=both)
