"""Pure statistics for figures that are seen one after another: intervals that allow for their dependence.

Nothing in here knows what the figures are. Whoever states an interval states its confidence with it.
"""

from harness.statistics.correlation import design_effect, long_run_variance
from harness.statistics.interval import Interval
from harness.statistics.means import mean_interval
from harness.statistics.shares import share_interval

__all__ = [
    "Interval",
    "design_effect",
    "long_run_variance",
    "mean_interval",
    "share_interval",
]
