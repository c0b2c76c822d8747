"""A standby hears nothing more of its primary; or none does: then nobody confirms a commit."""

from faults._replication import ReplicationFault, Standbys, replication_fault


def replication_cut(*, standbys: Standbys = "all") -> ReplicationFault:
    """Return a cut of the links through which one standby, or each, receives the log."""
    return replication_fault("replication_cut", standbys)
