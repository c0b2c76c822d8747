"""Which charges and records belong to the present run, in a system that others used and may still be busy with."""

import time

from harness.core.adapter import Charge, Record

CLOCK_US = 1_000_000
"""How far the gateway's clock may be behind ours."""


class Ownership:
    """A run's own beginning for keys and references, and the moment of its start."""

    def __init__(self) -> None:
        self._since_us = time.time_ns() // 1000 - CLOCK_US
        self.tag = f"r{self._since_us // 1_000_000:x}"
        """What every key and reference of the run starts with."""

    def covers(self, item: Charge | Record) -> bool:
        """Tell whether this belongs to the run: by its reference, or by its time where it has none."""
        if item.reference:
            return item.reference.startswith(f"{self.tag}-")
        return isinstance(item, Charge) and item.created_at_us >= self._since_us
