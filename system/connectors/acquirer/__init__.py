"""The plain acquirer, as docs/acquirer.md describes it."""
