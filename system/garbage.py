"""How often a process that serves looks for garbage."""

import gc

THRESHOLDS = (20_000, 20, 100)
"""Allocations until the young ones are looked through, and so on. A request makes some thousand, nearly none in cycles:
Python's 700 would have them looked through at every request, for a third of what making them takes."""


def settle() -> None:
    """What exists now, at the end of a start, never becomes garbage; what comes is looked through seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
