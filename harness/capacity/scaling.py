"""How capacity grows with replicas: the Universal Scalability Law, with intervals (N. Gunther, 2007). Pure.

    X(n) = gain n / (1 + contention (n - 1) + coherence n (n - 1))

What is fitted says nothing about more replicas than were tried unless a point lies near the peak that it predicts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from harness.statistics import Interval

LEAST_POINTS = 4
"""Three parameters need more than three points, or nothing is left to tell how sure they are."""
NEAR_PEAK = 0.8
CONFIDENCE = 0.95
_Z = 1.96


@dataclass(frozen=True)
class Point:
    """What was carried with so many replicas, with its interval."""

    replicas: int
    limit: Interval


@dataclass(frozen=True)
class Scaling:
    """The fitted law; None for what could not be fitted. `refused` says why it predicts nothing, where it does not.

    `contention` and `coherence` are shares; `peak_replicas` is where more replicas begin to carry less.
    """

    points: tuple[Point, ...]
    gain: Interval | None = None
    contention: Interval | None = None
    coherence: Interval | None = None
    peak_replicas: float | None = None
    refused: str = ""

    def predict(self, replicas: int) -> float | None:
        """Return what so many replicas carry; None where the law says nothing about that many."""
        if self.gain is None or self.contention is None or self.coherence is None:
            return None
        if self.refused and replicas > max(item.replicas for item in self.points):
            return None
        return float(
            law(np.array([replicas]), self.gain.estimate, self.contention.estimate, self.coherence.estimate)[0]
        )


def law(
    replicas: NDArray[np.float64] | NDArray[np.int64], gain: float, contention: float, coherence: float
) -> NDArray[np.float64]:
    """Return the law's throughput."""
    count = np.asarray(replicas, dtype=float)
    carried: NDArray[np.float64] = gain * count / (1 + contention * (count - 1) + coherence * count * (count - 1))
    return carried


def fit(points: Sequence[Point]) -> Scaling:
    """Fit the law to points of different numbers of replicas."""
    kept = tuple(sorted(points, key=lambda item: item.replicas))
    if len({item.replicas for item in kept}) < LEAST_POINTS:
        told = f"{len(kept)} points are too few for a law of three parameters: at least {LEAST_POINTS}"
        return Scaling(kept, refused=told)
    counts = np.array([item.replicas for item in kept], dtype=float)
    rates = np.array([item.limit.estimate for item in kept])
    errors = np.array([max((item.limit.hi - item.limit.lo) / (2 * _Z), 1e-6 * item.limit.estimate) for item in kept])
    try:
        found, covariance = curve_fit(
            law, counts, rates, p0=(rates[0] / counts[0], 0.05, 0.001), sigma=errors, absolute_sigma=True,
            bounds=([0, 0, 0], [np.inf, 1, 1]), maxfev=5_000,
        )  # fmt: skip
    except (RuntimeError, ValueError) as error:
        return Scaling(kept, refused=f"the law does not fit: {error}")
    spread = _Z * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    gain, contention, coherence = (
        Interval(float(value), max(0.0, float(value - half)), float(value + half), CONFIDENCE)
        for value, half in zip(found, spread, strict=True)
    )
    peak = math.sqrt((1 - contention.estimate) / coherence.estimate) if coherence.estimate > 1e-9 else None
    return Scaling(kept, gain, contention, coherence, peak, _refusal(kept, peak))


def _refusal(points: Sequence[Point], peak: float | None) -> str:
    most = max(item.replicas for item in points)
    if peak is None:
        return f"no peak shows up to {most} replicas, so nothing can be said beyond them"
    if most < NEAR_PEAK * peak:
        return (
            f"the fitted peak is at {peak:.1f} replicas and the largest number tried is {most}, less than "
            f"{NEAR_PEAK:.0%} of it: the law is not used beyond what was tried"
        )
    return ""
