"""Which charges and records belong to the present run, in a system that others used and may still be busy with."""

import re
import time

from harness.core.adapter import GATEWAY_CLOCK_US, Charge, Record

SPARE_US = 60_000_000

_TAG = re.compile(r"(?<![0-9a-z])r[0-9a-f]{8}(?=-)", re.IGNORECASE)
"""A run's tag, wherever it stands: a system may put something before a reference, or write it in capitals."""


class Ownership:
    """A run's own beginning for keys and references, and the moment of its start."""

    def __init__(self) -> None:
        self._since_us = time.time_ns() // 1000 - GATEWAY_CLOCK_US
        self.tag = f"r{self._since_us // 1_000_000:08x}"
        """What every key and reference of the run starts with."""

    @property
    def since_us(self) -> int:
        """The moment before which nothing of the run can have been made, in microseconds since the epoch.

        By any clock that is not far off: who lists what was made since then leaves nothing of the run out.
        """
        return self._since_us - SPARE_US

    def covers(self, item: Charge | Record) -> bool:
        """Tell whether this belongs to the run: by its tag, or as a charge since the start that has no run's tag.

        Under whatever reference a system charges, or under none: it is money that moved during the run.
        """
        tags = {tag.lower() for tag in _TAG.findall(item.reference)}
        if tags:
            return self.tag in tags
        return isinstance(item, Charge) and item.created_at_us >= self._since_us
