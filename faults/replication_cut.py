"""The standby hears nothing more of its primary: what is committed from now on is in one place only."""

from dataclasses import dataclass

from faults._cluster import behind
from faults._links import LinkFault
from harness.core.evidence import Evidence
from harness.core.fault import Bite


@dataclass(frozen=True)
class _Cut(LinkFault):
    """A cut replication link breaks no call; it shows in what the standby lacks."""

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the looks at which the standby was behind."""
        return behind(evidence, bite)


def replication_cut() -> LinkFault:
    """Return a cut of the replication links of both nodes; only the primary's carries anything."""
    return _Cut(name="replication_cut", place="standby-to-db-*")
