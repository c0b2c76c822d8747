"""Intervals that hold all together, from draws that were made together.

Looking at five figures at 95 % each would call one of four unchanged pairs different. So each figure's deviation is
counted in its own standard error, and the limit is what the largest of them exceeds in one draw of twenty: the
single-step method of P. Westfall and S. Young (Resampling-Based Multiple Testing, 1993), which knows how the figures
hang together and so is narrower than Bonferroni's or Holm's.
"""

from collections.abc import Mapping

import numpy as np
from scipy.stats import norm, t

from harness.comparing.series import Floats
from harness.statistics import Interval


def intervals(
    estimates: Mapping[str, float],
    drawn: Mapping[str, Floats],
    *,
    least_error: Mapping[str, float],
    pieces: float,
    confidence: float,
) -> Mapping[str, Interval]:
    """Return an interval for each estimate, all of which hold with `confidence` together.

    `drawn` has each figure's draws, made together: row n of each is of the same draw. `least_error` is the least
    standard error that a figure is given, whatever the draws say (a share of 100 % never varies in them). `pieces` is
    how many pieces the variance was found from: few of them make wide intervals (Student's t in place of the normal).
    """
    errors = {name: max(float(np.nanstd(values)), least_error.get(name, 0.0), 1e-12) for name, values in drawn.items()}
    if not errors:
        return {}
    scaled = np.array([np.abs(drawn[name] - np.nanmean(drawn[name])) / errors[name] for name in errors])
    limit = max(float(np.nanquantile(np.nanmax(scaled, axis=0), confidence)), float(norm.ppf(0.5 + confidence / 2)))
    tail = float(norm.cdf(limit))
    limit *= float(t.ppf(tail, max(2.0, pieces - 1))) / float(norm.ppf(tail))
    return {
        name: Interval(estimates[name], estimates[name] - limit * error, estimates[name] + limit * error, confidence)
        for name, error in errors.items()
    }
