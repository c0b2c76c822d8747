"""A plain acquirer: cards and nothing else. Its published rules are in docs/acquirer.md."""
