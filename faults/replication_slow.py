"""A standby gets the primary's log through a thin pipe; or each does: then commits wait for it."""

from faults._replication import ReplicationFault, Standbys, replication_fault
from harness.core.surface import Toxic


def replication_slow(*, kilobytes_per_s: int = 20, standbys: Standbys = "all") -> ReplicationFault:
    """Return a limit on what one standby, or each, receives of its primary's log, in kilobytes per second."""
    toxic = Toxic("bandwidth", "downstream", {"rate": kilobytes_per_s})
    return replication_fault("replication_slow", standbys, toxic, settings={"kilobytes_per_s": kilobytes_per_s})
