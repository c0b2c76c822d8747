"""What a target needs before it can start: ports, binaries, a PostgreSQL cluster, supervised processes."""
