"""How much of what should succeed does."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective
from harness.objectives.service import errands
from harness.objectives.spans import When, check_when, condition

MINIMUM = 10
"""Fewer operations than this are no measurement."""


def availability(*, at_least: float, when: When = "during") -> Objective:
    """Promise that a share `at_least` (0..1) of the operations that should succeed do, before, during or after faults.

    An operation counts with all its retries under one key; a payment whose outcome stays unknown to the client does not
    count as a success.
    """
    check_when(when)
    if not 0 < at_least <= 1:
        raise UsageError(f"availability: {at_least} is not a share", hint="give a number above 0 and up to 1")

    def measure(evidence: Evidence) -> Measurement:
        row = evidence.rows(
            f"SELECT count(*) AS tried, count(*) FILTER (ok) AS ok, count(*) FILTER (refused) AS refused "
            f"FROM {errands(evidence)} "
            f"WHERE {condition(evidence, when)}"
        )[0]
        if row["tried"] < MINIMUM:
            return Measurement(None, f"only {row['tried']} operations {when} the fault", False)
        share = row["ok"] / row["tried"]
        told = f"{share:.2%} ({row['ok']} of {row['tried']}" + (
            f", {row['refused']} refused)" if row["refused"] else ")"
        )
        enough = 1 - row["refused"] / row["tried"] >= at_least
        return Measurement(share, told, share >= at_least, excusable=enough)

    return Objective(
        name=f"availability(at_least={at_least:g}, when={when})",
        goal=f"at least {at_least:.2%} of operations that should succeed do, {when} the fault",
        measure=measure,
    )
