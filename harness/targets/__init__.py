"""Systems under test behind one protocol (`harness.core.target`). The embedded one is local processes."""
