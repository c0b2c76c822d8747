"""`python -m benchmarks.start`: from a clean clone to the first verdict, beside an earlier revision."""
