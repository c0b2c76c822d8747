"""The skeleton of every run: plan, reset, steady state, load and faults, heal, settle, final reads, books, judge."""
