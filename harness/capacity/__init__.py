"""How much a system can carry within its promises: the search, its statistics, and what is told of it. Pure.

Who offers the load is behind `Prober`: `harness.run.probing` for a real platform, `benchmarks.capacity` for simulated
queues.
"""
