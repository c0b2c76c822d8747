"""What the run's clock says, as a joining host can know it: asked several times, the quickest answer believed.

An answer that took `d` to come was given somewhere within those `d`, so that half of it bounds the error, however
uneven both ways are.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

ASKED = 20


@dataclass(frozen=True)
class Reading:
    """The run's clock at the zero of this host's CLOCK_MONOTONIC (`zero_us`), true to `error_us` either way."""

    zero_us: int
    error_us: int


def read_clock(
    ask_us: Callable[[], int], *, times: int = ASKED, monotonic_ns: Callable[[], int] = time.monotonic_ns
) -> Reading:
    """Ask the run's clock `times` times and return the reading with the smallest error."""
    return min((_read(ask_us, monotonic_ns) for _ in range(times)), key=lambda reading: reading.error_us)


def _read(ask_us: Callable[[], int], monotonic_ns: Callable[[], int]) -> Reading:
    before_ns = monotonic_ns()
    there_us = ask_us()
    took_ns = monotonic_ns() - before_ns
    middle_us = (before_ns + took_ns // 2) // 1000
    return Reading(zero_us=there_us - middle_us, error_us=took_ns // 2000 + 1)
