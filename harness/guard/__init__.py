"""What makes a harness safe to kill: an undo journal, a lease, and a guard process that heals for a dead harness."""
