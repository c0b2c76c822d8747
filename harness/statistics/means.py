"""The mean of a series with an interval, by batch means (A. Law, Simulation Modeling and Analysis, chapter 9)."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import t

from harness.statistics.interval import Interval

BATCHES = 10
"""So many batches: enough for the t distribution, few enough that each is longer than what makes neighbours alike."""


def mean_interval(values: Sequence[float], *, confidence: float = 0.95, batches: int = BATCHES) -> Interval:
    """Return the mean of a series and its interval. Raises `ValueError` for fewer than two values."""
    series = np.asarray(values, dtype=float)
    if len(series) < 2:
        raise ValueError("a mean with an interval needs at least two values")
    means = np.array([part.mean() for part in np.array_split(series, min(batches, len(series)))])
    half = float(t.ppf(0.5 + confidence / 2, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means)))
    mean = float(series.mean())
    return Interval(mean, mean - half, mean + half, confidence)
