"""The share of bad ones among many, seen slice by slice of time, with an interval that allows for their clustering.

Slow answers come in heaps, because a queue that is long stays so for a while. The interval is Wilson's (E. Wilson,
JASA 22, 1927) for as many independent draws as the slices are worth: the number divided by the design effect.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from harness.statistics.correlation import long_run_variance
from harness.statistics.interval import Interval


def share_interval(
    tried: Sequence[int], bad: Sequence[int], *, confidence: float = 0.95, least_effect: float = 1.0
) -> Interval:
    """Return the share of bad ones and its interval; `tried` and `bad` have one number for each slice of time.

    `least_effect` is the design effect that is assumed where the slices show less: few slices do not show a heap that
    has not come yet. Without any tried the interval is all of [0, 1].
    Where slices are very alike (a correlation of 0.8 from one to the next, 200 of them) an interval of 95 % holds the
    share 86 times of 100.
    """
    total, worse = int(sum(tried)), int(sum(bad))
    if not total:
        return Interval(0.0, 0.0, 1.0, confidence)
    share = worse / total
    effect = max(least_effect, _effect(tried, bad, share))
    count = total / effect
    z = float(norm.ppf(0.5 + confidence / 2))
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    return Interval(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)), confidence)


def _effect(tried: Sequence[int], bad: Sequence[int], share: float) -> float:
    """Return the design effect of the slices' residuals against independent draws."""
    if not 0 < share < 1 or len(tried) < 4:
        return 1.0
    residuals = np.asarray(bad, dtype=float) - share * np.asarray(tried, dtype=float)
    independent = share * (1 - share) * sum(tried) / len(tried)
    return long_run_variance(residuals) / independent
