"""Was the load what it claims to be? A generator that fell behind measures itself."""

from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.objectives.certificate import load_certificate


def generator_valid(*, lag_p99_ms: float = 50.0, dropped_share: float = 0.01) -> Objective:
    """Promise that arrivals were sent on time (p99 of the lag, in milliseconds) and almost none was dropped.

    The judge demands this of every run (and calls it inconclusive otherwise); as an objective it is also shown.
    """

    def measure(evidence: Evidence) -> Measurement:
        load = load_certificate(evidence)
        if load is None or not load.planned:
            return Measurement(None, "the load generator left no certificate", False)
        share = load.dropped / load.planned
        return Measurement(
            load.lag_p99_ms,
            f"p99 lag {load.lag_p99_ms:.2f} ms, {load.dropped} of {load.planned} arrivals dropped",
            load.lag_p99_ms <= lag_p99_ms and share <= dropped_share,
        )

    return Objective(
        name=f"generator_valid(lag_p99_ms={lag_p99_ms:g}, dropped_share={dropped_share:g})",
        goal=f"p99 of the schedule lag at most {lag_p99_ms:g} ms, at most {dropped_share:.1%} of arrivals dropped",
        measure=measure,
    )
