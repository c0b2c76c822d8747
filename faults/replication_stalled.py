"""A standby's connection stays open and silent; or each one's: then commits wait, and nobody knows for how long."""

from faults._replication import ReplicationFault, Standbys, replication_fault
from harness.core.surface import Toxic


def replication_stalled(*, standbys: Standbys = "all") -> ReplicationFault:
    """Return a stop of all that one standby, or each, should receive. Unlike a cut, the primary does not notice."""
    return replication_fault("replication_stalled", standbys, Toxic("timeout", "downstream", {"timeout": 0}))
