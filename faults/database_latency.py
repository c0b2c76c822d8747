"""The database answers late: every statement of the platform takes longer, and holds its connection longer."""

from faults._links import LinkFault
from harness.core.surface import Toxic

PLATFORM = "[aw]*-to-db-*"
"""The links of `api1`, `api2` and `worker` to both nodes, and not the standby's."""


def database_latency(*, latency_ms: int = 100, jitter_ms: int = 20, link: str = PLATFORM) -> LinkFault:
    """Return a delay of `latency_ms` plus or minus `jitter_ms` on the database's answers to the platform.

    Client operations that took at least that long count as hits.
    """
    toxic = Toxic("latency", "downstream", {"latency": latency_ms, "jitter": jitter_ms})
    return LinkFault(
        name="database_latency",
        place=link,
        toxics=(toxic,),
        settings={"latency_ms": latency_ms, "jitter_ms": jitter_ms},
        slow_ms=max(1, latency_ms - jitter_ms),
    )
