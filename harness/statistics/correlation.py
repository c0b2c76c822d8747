"""How much a series depends on itself: neighbours in a queue are alike, so n of them tell less than n draws would.

The long-run variance is estimated with Bartlett's weights (W. Newey and K. West, Econometrica 55, 1987), which never
give a negative one. The window grows with the cube root of the length.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def window(length: int) -> int:
    """Return how many lags are looked at in a series of this length."""
    return max(1, round(1.5 * math.cbrt(length)))


def long_run_variance(values: Sequence[float] | NDArray[np.float64], lags: int | None = None) -> float:
    """Return n times the variance of the mean of n neighbouring values; 0 for fewer than two."""
    series = np.asarray(values, dtype=float)
    length = len(series)
    if length < 2:
        return 0.0
    centred = series - series.mean()
    widest = min(length - 1, window(length) if lags is None else lags)
    total = float(centred @ centred) / length
    for lag in range(1, widest + 1):
        weight = 1 - lag / (widest + 1)
        total += 2 * weight * float(centred[lag:] @ centred[:-lag]) / length
    return total * length / (length - 1)


def design_effect(values: Sequence[float] | NDArray[np.float64]) -> float:
    """Return by what the variance of a mean is larger than if the values were independent; at least 1."""
    series = np.asarray(values, dtype=float)
    plain = float(series.var(ddof=1)) if len(series) > 1 else 0.0
    return max(1.0, long_run_variance(series) / plain) if plain > 0 else 1.0
