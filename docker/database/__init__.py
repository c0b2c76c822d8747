"""A database node in a container: PostgreSQL under Patroni, with etcd as the judge of who leads."""
