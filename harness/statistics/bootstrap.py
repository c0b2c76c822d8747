"""Intervals by drawing again, for series that depend on themselves.

It is the circular block bootstrap (D. Politis and J. Romano, 1992). All of it follows from the seed.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.statistics.interval import Interval

Statistic = Callable[[NDArray[np.float64]], float]
"""What is asked of a series: a mean, a percentile, a share."""

DRAWS = 1_000


def block_bootstrap(
    values: Sequence[float], statistic: Statistic, *, block: int, draws: int = DRAWS, seed: int = 0
) -> NDArray[np.float64]:
    """Return the statistic of `draws` series drawn from this one in blocks of `block` neighbours.

    Raises `ValueError` for an empty series, or a block that is not positive.
    """
    series = np.asarray(values, dtype=float)
    if not len(series) or block < 1:
        raise ValueError("drawing again needs values, and blocks of at least one")
    length = len(series)
    block = min(block, length)
    chance = np.random.default_rng(seed)
    steps = np.arange(block)
    found = np.empty(draws)
    for number in range(draws):
        starts = chance.integers(0, length, -(-length // block))
        found[number] = statistic(series[((starts[:, None] + steps) % length).ravel()[:length]])
    return found


def difference_interval(
    before: Sequence[float],
    after: Sequence[float],
    statistic: Statistic,
    *,
    block: int,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return how much larger the statistic is in `after` than in `before`, with its (percentile) interval."""
    first = block_bootstrap(before, statistic, block=block, draws=draws, seed=seed)
    second = block_bootstrap(after, statistic, block=block, draws=draws, seed=seed + 1)
    told = statistic(np.asarray(after, dtype=float)) - statistic(np.asarray(before, dtype=float))
    lo, hi = np.quantile(second - first, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Interval(told, min(told, float(lo)), max(told, float(hi)), confidence)
