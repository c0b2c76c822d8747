"""Offered, achieved and good: what the shoppers asked for, what was answered, what was answered well."""

from harness.core.evidence import Evidence
from reports.tables import holds
from reports.timeline.axis import MONEY_KINDS, Axis

Series = dict[str, list[float]]

_NEEDS = ("kind", "op", "attempt", "due_us", "done_us", "outcome", "http_status", "expect")

_OPERATIONS = f"""
    SELECT op,
        min(due_us) AS due_us,
        min(done_us) FILTER (http_status IS NOT NULL) AS answered_us,
        min(done_us) FILTER (
            (outcome = 'OK' AND expect NOT IN ('decline', 'refuse'))
            OR (outcome = 'FAILED' AND expect IN ('decline', 'refuse', 'any'))
        ) AS good_us
    FROM history WHERE {MONEY_KINDS} GROUP BY op
"""


def rates(evidence: Evidence, axis: Axis) -> Series | None:
    """Return operations of money per second: `offered` when due, `achieved` and `good` when answered.

    Achieved: the first answer of any kind. Good: the first definite answer that was the right one, which for a card
    that must be declined is a decline. None where the run has no history.
    """
    if not holds(evidence, "history", *_NEEDS):
        return None
    columns = {"offered": "due_us", "achieved": "answered_us", "good": "good_us"}
    return {name: axis.fill(_per_second(evidence, axis, column)) for name, column in columns.items()}


def _per_second(evidence: Evidence, axis: Axis, column: str) -> dict[int, float]:
    rows = evidence.rows(
        f"SELECT {axis.bucket_of(column)} AS bucket, count(*) AS number FROM ({_OPERATIONS}) "
        f"WHERE {column} IS NOT NULL GROUP BY bucket"
    )
    return {row["bucket"]: round(row["number"] / axis.bucket_s, 2) for row in rows}
