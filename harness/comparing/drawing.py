"""Drawing a run again: the stationary bootstrap (D. Politis and J. Romano, JASA 89, 1994) over its steps.

What is slow stays slow for a while, so single requests tell less than as many independent ones. Blocks of neighbouring
steps, of random length, keep that together. Their mean length follows the series' own autocorrelation (A. Patton,
D. Politis and H. White, Econometric Reviews 28, 2009).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.comparing.series import Floats, Series


def block_length(values: Floats) -> float:
    """Return the mean length of blocks, in steps, for a series: from the cube root of its length to a quarter of it."""
    length = len(values)
    least, most = float(length ** (1 / 3)), max(1.0, length / 4)
    centred = values - values.mean()
    variance = float(centred @ centred) / length if length else 0.0
    if length < 8 or variance <= 0:
        return min(least, most)
    lags = min(length - 1, int(np.ceil(np.sqrt(length))) + 5)
    cov = np.array([float(centred[lag:] @ centred[: length - lag]) / length for lag in range(lags + 1)])
    wide = min(lags, 2 * _last_significant(cov / variance, length))
    ks = np.arange(-wide, wide + 1)
    weights = np.minimum(1.0, 2.0 * (1.0 - np.abs(ks) / max(1, wide)))
    found = cov[np.abs(ks)]
    spectrum = float((weights * found).sum())
    slope = float((weights * np.abs(ks) * found).sum())
    if spectrum <= 0:
        return min(least, most)
    best = (2 * slope**2 / (2 * spectrum**2)) ** (1 / 3) * length ** (1 / 3)
    return float(min(max(best, least), most))


def _last_significant(correlations: Floats, length: int) -> int:
    """Return the lag after which several neighbouring correlations are no more than chance; at least 1."""
    limit = 2 * np.sqrt(np.log10(length) / length)
    run = max(5, int(np.sqrt(np.log10(length))))
    large = np.abs(correlations[1:]) > limit
    for lag in range(len(large) - run + 1):
        if not large[lag : lag + run].any():
            return max(1, lag)
    return max(1, int(np.flatnonzero(large)[-1]) + 1 if large.any() else 1)


def length_of_blocks(series: Series) -> float:
    """Return the longest block length that any of a run's own series asks for, in steps."""
    requests = np.maximum(series.counts.sum(axis=1), 1)
    waits = (series.counts @ np.log(series.bins_ms)) / requests if len(series.bins_ms) else np.zeros(series.steps)
    bad = (series.tried - series.good) / np.maximum(series.tried, 1)
    lengths = [1.0]
    for stratum in np.unique(series.stratum):
        here = series.stratum == stratum
        lengths += [block_length(values[here]) for values in (waits, bad, series.tried)]
    return max(lengths)


def draw_weights(series: Series, draws: int, mean_block: float, chance: np.random.Generator) -> Floats:
    """Return how often each step was drawn, one row for each draw; each stratum gives as many as it has."""
    weights = np.zeros((draws, series.steps))
    for stratum in np.unique(series.stratum):
        places = np.flatnonzero(series.stratum == stratum)
        drawn = _stationary(len(places), draws, mean_block, chance)
        flat = (np.arange(draws)[:, None] * len(places) + drawn).ravel()
        weights[:, places] = np.bincount(flat, minlength=draws * len(places)).reshape(draws, len(places))
    return weights


def _stationary(length: int, draws: int, mean_block: float, chance: np.random.Generator) -> NDArray[np.int64]:
    """Return indices into a circular series of that length, one row for each draw."""
    fresh = chance.integers(0, length, (draws, length))
    jump = chance.random((draws, length)) < 1.0 / max(1.0, mean_block)
    found = np.empty((draws, length), dtype=np.int64)
    found[:, 0] = fresh[:, 0]
    for step in range(1, length):
        found[:, step] = np.where(jump[:, step], fresh[:, step], (found[:, step - 1] + 1) % length)
    return found


def draw_runs(count: int, draws: int, chance: np.random.Generator) -> Floats:
    """Return how often each of several runs was drawn, one row for each draw."""
    return chance.multinomial(count, np.full(count, 1 / count), draws).astype(float)


def draw_means(values: Sequence[float], draws: int, chance: np.random.Generator) -> Floats:
    """Return the means of as many values, drawn with replacement."""
    several = np.asarray(values, dtype=float)
    return np.asarray(several[chance.integers(0, len(several), (draws, len(several)))].mean(axis=1))
