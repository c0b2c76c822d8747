"""The standby's connection stays open, and nothing arrives through it: commits wait, and nobody knows for how long."""

from dataclasses import dataclass

from faults._cluster import behind
from faults._links import LinkFault, Toxic
from harness.core.evidence import Evidence
from harness.core.fault import Bite


@dataclass(frozen=True)
class _Stalled(LinkFault):
    """What does not arrive shows in what the standby lacks."""

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the looks at which the standby was behind."""
        return behind(evidence, bite)


def replication_stalled() -> LinkFault:
    """Return a stop of everything that the standby should receive. Unlike a cut, the primary does not notice."""
    toxic = Toxic("timeout", "downstream", {"timeout": 0})
    return _Stalled(name="replication_stalled", place="standby-to-db-*", toxics=(toxic,))
