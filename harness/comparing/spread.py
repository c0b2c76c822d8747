"""How much more a run varies than its own draws show.

Drawing in blocks cuts every wave of the load that is longer than a block, and what a short run has of such waves is
counted around its own mean. Both make the draws too narrow. So each figure's own series is also cut into a few long
batches (A. Law, Simulation Modeling and Analysis, chapter 9): how their means differ shows waves up to that length. The
draws are stretched to the largest variance that any number of batches shows.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from harness.comparing.figures import LATENCIES
from harness.comparing.series import Floats, Series

STRETCH_MAX = 4.0
BATCHES = (8, 12, 20)
"""Numbers of batches: the fewest are the longest, and their number gives Student's t its degrees of freedom."""


def influences(run: Series, values: Mapping[str, float]) -> Mapping[str, Floats]:
    """Return, for each figure of a run, what each step adds to its error: a series around zero in each stratum.

    Up to a factor: of a percentile it is the requests above it that are too many, of a share the successes too many.
    """
    requests = run.counts.sum(axis=1)
    found = {
        name: run.counts[:, run.bins_ms > values[name]].sum(axis=1) - (1 - share) * requests
        for name, share in LATENCIES.items()
    }
    found["availability"] = run.ok - np.nan_to_num(values["availability"]) * run.tried
    found["good"] = run.good.astype(float)
    return {name: _centred(series, run) for name, series in found.items()}


def _centred(series: Floats, run: Series) -> Floats:
    found = series.astype(float)
    for stratum in np.unique(run.stratum):
        here = run.stratum == stratum
        found[here] -= found[here].mean()
    return found


def stretch(series: Sequence[Floats], weights: Sequence[Floats]) -> float:
    """Return by what the draws' deviations must be multiplied, for the influences of one side's runs; at least 1."""
    drawn = float(np.var(np.sum([weight @ each for weight, each in zip(weights, series, strict=True)], axis=0)))
    told = sum(max(variance_of_sum(each, batches) for batches in BATCHES) for each in series)
    if drawn <= 0 or told <= 0:
        return 1.0
    return float(np.clip(np.sqrt(told / drawn), 1.0, STRETCH_MAX))


def variance_of_sum(series: Floats, batches: int) -> float:
    """Return the variance of the sum of a series around zero, from how the sums of its batches differ."""
    sums = np.array([part.sum() for part in np.array_split(series, min(batches, len(series)))])
    return float(sums.var(ddof=1) * len(sums)) if len(sums) > 1 else 0.0
