"""How long nobody knew."""

from harness.core.errors import UsageError
from harness.core.evidence import Evidence
from harness.core.judgement import Measurement, Objective


def unknowns_resolved(*, p95: float) -> Objective:
    """Promise that of the attempts whose outcome was unknown, 95 % were decided within `p95` seconds, and all at last.

    Counted from the later of the moment it became unknown and the last heal: while a gateway is cut off nobody can ask.
    An attempt handed to people (`manual`) is not decided. A run without any unknown keeps the promise; whether there
    had to be some is the question of I6's witness.
    """
    if p95 <= 0:
        raise UsageError(f"unknowns_resolved: {p95} is not a positive number of seconds")

    def measure(evidence: Evidence) -> Measurement:
        if not evidence.has("attempt_transitions"):
            return Measurement(None, "the attempts' transitions are missing", False)
        row = evidence.rows(
            """
            WITH spells AS (
                SELECT attempt_id, min(at_us) FILTER (to_state = 'unknown') AS begin_us,
                    max(at_us) FILTER (from_state IN ('unknown', 'manual')
                        AND to_state NOT IN ('unknown', 'manual')) AS end_us
                FROM attempt_transitions GROUP BY attempt_id
            ), waited AS (
                SELECT begin_us, end_us, greatest(0, end_us - greatest(begin_us, ?)) AS wait_us FROM spells
            )
            SELECT count(*) AS unknowns, count(*) FILTER (end_us IS NULL) AS open_now,
                quantile_disc(wait_us, 0.95) FILTER (end_us IS NOT NULL) AS p95_us,
                max(wait_us) FILTER (end_us IS NOT NULL) AS max_us
            FROM waited WHERE begin_us IS NOT NULL
            """,
            [evidence.last_heal_us],
        )[0]
        if not row["unknowns"]:
            return Measurement(0.0, "no attempt was ever unknown", True)
        if row["p95_us"] is None:
            return Measurement(float("inf"), f"none of {row['unknowns']} unknowns was decided", False)
        value_s = row["p95_us"] / 1e6
        told = f"p95 {value_s:.2f} s, longest {row['max_us'] / 1e6:.2f} s, of {row['unknowns']}"
        left = f"; {row['open_now']} never decided" if row["open_now"] else ""
        return Measurement(value_s, told + left, value_s <= p95 and not row["open_now"])

    return Objective(
        name=f"unknowns_resolved(p95_s={p95:g})",
        goal=f"95 % of unknown outcomes are known within {p95:g} s, and none is left",
        measure=measure,
        needs=("history", "attempt_transitions"),
    )
