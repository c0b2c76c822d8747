"""The load on several hosts, measured with 1, 2 and 4 workers, each in a network namespace of its own."""
