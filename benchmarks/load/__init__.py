"""`python -m benchmarks.load`: what the lanes cost, how punctual they are, and whether a frozen server shows."""
