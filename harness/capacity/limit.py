"""Where the limit lies, from all probes together: the rate at which just the allowed share is bad. Pure.

What a probe says is the log-odds of being bad at its rate, with an error. Near the limit these grow about linearly with
the logarithm of the rate; how steeply is not known beforehand and is averaged over (a prior around 25, from simulated
queues of 1 to 8 servers). What comes out is a distribution over rates, and from that the interval.

Counting what was too late wastes what is known: below the limit a short probe sees none. So of a time the share beyond
it is also read off the tail: above the 80th percentile excesses are taken for exponential ("peaks over threshold"). The
larger of both counts, so a second hump that the tail does not show is not missed. The error follows from how many
independent stretches a probe is worth, by how much its waiting depends on itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from harness.capacity.probing import Probe, Word
from harness.capacity.slo import Clause, Slo
from harness.statistics import Interval, design_effect

NOMINAL = 0.95
CONFIDENCE = 0.8
"""What is stated: in so many of 100 simulated searches the interval holds the limit, or more (`make bench-capacity`).

The nominal interval knows nothing of a queue that has not yet grown to what it will be, so less than `NOMINAL` hold.
"""
LEAST_HALF = 0.045
"""The interval reaches at least this share to either side: no search of a few minutes knows a limit better."""
REACH = 1.4
"""Probes within this factor of the bracket count."""
TAIL = 0.2
"""The share of waits that is taken for the tail."""
MODEL_ERROR = 0.9
"""By how much log-odds miss the line, whatever is measured."""
FEW = 30
_CERTAIN_ODDS = 3.0
_STEEPNESS = np.geomspace(6.0, 90.0, 25)
_PRIOR = -0.5 * ((np.log(_STEEPNESS) - math.log(25.0)) / 0.6) ** 2
_STEPS = 400


@dataclass(frozen=True)
class Estimate:
    """The limit that one clause sets."""

    clause: str
    limit: Interval


@dataclass(frozen=True)
class Reading:
    """The log-odds of being bad that one probe shows, with their error.

    `side` 1: they are at least that; -1: at most; 0: about that.
    """

    rate_per_s: float
    odds: float
    error: float
    side: int = 0


def estimate(probes: Sequence[Probe], slo: Slo, lo: float, hi: float) -> Estimate | None:
    """Return the lowest limit that any clause sets, None without probes. It lies about between `lo` and `hi`.

    The interval holds the limit with `CONFIDENCE`.
    """
    near = [item for item in probes if item.word is not Word.REFUSED and lo / REACH <= item.rate_per_s <= hi * REACH]
    found = []
    for clause in slo.clauses:
        readings = [told for item in near if (told := reading(item, clause)) is not None]
        if readings:
            found.append(Estimate(clause.name, _limit(readings, clause, lo, hi)))
    return min(found, key=lambda item: item.limit.estimate, default=None)


def reading(probe: Probe, clause: Clause) -> Reading | None:
    """Return what one probe says of one clause; None where too little came."""
    tried, bad = (sum(column) for column in probe.counts(clause.name))
    if tried < FEW:
        return None
    stretches = max(1.0, len(probe.slices) / design_effect([item.wait_ms for item in probe.slices]))
    counted = bad / tried
    if clause.limit_ms is None:
        share = max(counted, 1 / tried)
        return Reading(probe.rate_per_s, _odds(share), math.sqrt(MODEL_ERROR**2 + 4 / (bad + 1)), 0 if bad else -1)
    waits = np.concatenate([item.waits_ms for item in probe.slices])
    start = float(np.quantile(waits, 1 - TAIL))
    above = waits[waits > start] - start
    mean = float(above.mean()) if len(above) else 1e-3
    steps = max(0.0, clause.limit_ms - start) / mean
    share = max(counted, TAIL * math.exp(-min(steps, 30.0)))
    odds = _odds(min(share, 0.999))
    error = math.sqrt(MODEL_ERROR**2 + (max(1.0, min(steps, -math.log(share))) ** 2) / stretches)
    return Reading(probe.rate_per_s, min(odds, _CERTAIN_ODDS), error, 1 if probe.word is Word.BAD else 0)


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def _limit(readings: Sequence[Reading], clause: Clause, lo: float, hi: float) -> Interval:
    grid = np.linspace(math.log(lo / REACH), math.log(hi * REACH), _STEPS)
    likely = np.zeros((_STEPS, len(_STEEPNESS))) + _PRIOR
    for item in readings:
        line = _odds(clause.allowed) + _STEEPNESS[None, :] * (math.log(item.rate_per_s) - grid[:, None])
        off = (line - item.odds) / item.error
        likely += norm.logcdf(item.side * off) if item.side else -0.5 * off**2
    weights: NDArray[np.float64] = np.exp(likely - likely.max()).sum(axis=1)
    below = np.cumsum(weights) / weights.sum()
    tails = ((1 - NOMINAL) / 2, 0.5, (1 + NOMINAL) / 2)
    low, middle, high = (float(np.exp(np.interp(tail, below, grid))) for tail in tails)
    lo_per_s, hi_per_s = min(low, middle * (1 - LEAST_HALF)), max(high, middle * (1 + LEAST_HALF))
    return Interval(middle, lo_per_s, hi_per_s, CONFIDENCE)
