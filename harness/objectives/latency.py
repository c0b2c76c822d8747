"""How long clients wait, from when a request was due to its answer: queueing anywhere is included."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.objectives.spans import When, check_when, condition

MINIMUM = 20
"""Fewer requests than this are no percentile."""
NEVER_ANSWERED_US = 60_000_000
"""What a request without any answer counts as: more than any promise."""


def latency(
    *, p50: float | None = None, p95: float | None = None, p99: float | None = None, when: When = "before"
) -> Objective:
    """Promise an exact percentile of response times, in seconds, before, during or after the faults.

    Give exactly one of `p50`, `p95`, `p99`. Raises `UsageError` for none, several, or a limit that is not positive.
    """
    check_when(when)
    given = {name: limit for name, limit in (("p50", p50), ("p95", p95), ("p99", p99)) if limit is not None}
    if len(given) != 1 or min(given.values()) <= 0:
        raise UsageError("latency: needs exactly one positive limit", hint="give one of p50=, p95=, p99=, in seconds")
    [(name, limit_s)] = given.items()

    def measure(evidence: Evidence) -> Measurement:
        row = evidence.rows(
            f"""
            SELECT count(*) AS requests, quantile_disc(coalesce(done_us - due_us, {NEVER_ANSWERED_US}),
                {int(name[1:]) / 100}) AS response_us FROM history
            WHERE expect <> 'any' AND kind <> 'final_read' AND {condition(evidence, when)}
            """
        )[0]
        if row["requests"] < MINIMUM:
            return Measurement(None, f"only {row['requests']} requests {when} the fault", False)
        value_s = row["response_us"] / 1e6
        return Measurement(value_s, f"{value_s * 1000:.1f} ms ({row['requests']} requests)", value_s <= limit_s)

    return Objective(
        name=f"latency({name}={limit_s:g}, when={when})",
        goal=f"{name} of response times at most {limit_s * 1000:g} ms, {when} the fault",
        measure=measure,
    )
