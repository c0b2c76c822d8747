"""`python -m benchmarks.serve`: what one core of the payment API carries, beside PostgreSQL doing the same alone."""
