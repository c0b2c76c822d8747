"""The figures of runs whose steps count as often as they were drawn."""

from collections.abc import Mapping, Sequence

import numpy as np

from harness.comparing.figures import LATENCIES
from harness.comparing.series import Floats, Series


def as_they_are(runs: Sequence[Series]) -> Mapping[str, float]:
    """Return the figures of runs, each step once; NaN where there is nothing to compute one from."""
    found = figures(runs, [np.ones((1, run.steps)) for run in runs])
    return {name: float(values[0]) for name, values in found.items()}


def figures(runs: Sequence[Series], weights: Sequence[Floats]) -> Mapping[str, Floats]:
    """Return each figure's values, one for each row of the weights (one matrix for each run: draws x steps)."""
    bins_ms, counts = _merged(runs, weights)
    tried, ok, good = (_total(runs, weights, name) for name in ("tried", "ok", "good"))
    seconds = sum((weight.sum(axis=1) * run.step_s for run, weight in zip(runs, weights, strict=True)), np.zeros(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {name: _quantile(bins_ms, counts, share) for name, share in LATENCIES.items()}
        found["availability"] = np.where(tried > 0, ok / tried, np.nan)
        found["good"] = np.where(seconds > 0, good / seconds, np.nan)
    return found


def _total(runs: Sequence[Series], weights: Sequence[Floats], name: str) -> Floats:
    parts = [weight @ getattr(run, name) for run, weight in zip(runs, weights, strict=True)]
    return np.asarray(np.sum(parts, axis=0))


def _merged(runs: Sequence[Series], weights: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return all bins of all runs in order, and how many requests fell into each, row by row."""
    bins_ms = np.unique(np.concatenate([run.bins_ms for run in runs]))
    counts = np.zeros((len(weights[0]), len(bins_ms)))
    for run, weight in zip(runs, weights, strict=True):
        counts[:, np.searchsorted(bins_ms, run.bins_ms)] += weight @ run.counts
    return bins_ms, counts


def _quantile(bins_ms: Floats, counts: Floats, share: float) -> Floats:
    """Return the value at which that share of the requests has been counted; NaN for none."""
    if not len(bins_ms):
        return np.full(len(counts), np.nan)
    running = np.cumsum(counts, axis=1)
    total = running[:, -1:]
    place = (running >= share * total - 1e-9).argmax(axis=1)
    return np.where(total[:, 0] > 0, bins_ms[place], np.nan)
