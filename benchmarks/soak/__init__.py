"""Every scenario with several seeds, and every planted bug in every scenario that shows it: `make test-all`."""
