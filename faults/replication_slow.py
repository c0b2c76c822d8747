"""The standby gets the primary's log through a thin pipe: commits wait for it, or it falls behind."""

from dataclasses import dataclass

from faults._cluster import behind
from faults._links import LinkFault, Toxic
from harness.core.evidence import Evidence
from harness.core.fault import Bite


@dataclass(frozen=True)
class _Slow(LinkFault):
    """Slow replication shows in what the standby lacks, whether or not anybody waits for it."""

    def hits(self, evidence: Evidence, bite: Bite) -> int:
        """Count the looks at which the standby was behind."""
        return behind(evidence, bite)


def replication_slow(*, kilobytes_per_s: int = 20) -> LinkFault:
    """Return a limit on what the standby receives of its primary's log, in kilobytes per second."""
    toxic = Toxic("bandwidth", "downstream", {"rate": kilobytes_per_s})
    return _Slow(
        name="replication_slow",
        place="standby-to-db-*",
        toxics=(toxic,),
        settings={"kilobytes_per_s": kilobytes_per_s},
    )
