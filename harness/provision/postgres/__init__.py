"""PostgreSQL, primary and synchronous standby, under Patroni with its own raft: as real processes."""
