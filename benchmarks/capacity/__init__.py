"""The search for a limit, against simulated queues whose limit is known."""
