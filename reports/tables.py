"""Reads a run's tables for drawing. A table or a column that a run lacks is nothing, never an error.

Stored runs may be older than this code or come from a platform that keeps less; the page then says "not collected".
"""

from collections.abc import Iterable, Sequence
from typing import Any

from harness.core.evidence import Evidence

Row = dict[str, Any]
"""A row of a run's table as DuckDB gives it; what is in which column, docs/evidence.md says."""


def columns(evidence: Evidence, table: str) -> frozenset[str]:
    """Return the column names of a table, empty where the run has no such table."""
    if not evidence.has(table):
        return frozenset()
    return frozenset(str(row["column_name"]) for row in evidence.rows(f"DESCRIBE {table}"))


def holds(evidence: Evidence, table: str, *needed: str) -> bool:
    """Tell whether the run has this table with all these columns."""
    return evidence.has(table) and columns(evidence, table).issuperset(needed)


def where_in(
    evidence: Evidence, table: str, wanted: Sequence[str], keys: Iterable[tuple[str, Sequence[str]]]
) -> list[Row]:
    """Return the rows of `table` in which any key column holds any of its values; None for columns it lacks.

    `keys` pairs a column with its values; key columns that the table lacks are left out of the search.
    """
    present = columns(evidence, table)
    usable = [(column, list(values)) for column, values in keys if column in present and values]
    if not usable:
        return []
    picked = ", ".join(name if name in present else f"NULL AS {name}" for name in wanted)
    matches = " OR ".join(f"list_contains(?, CAST({column} AS VARCHAR))" for column, _ in usable)
    return evidence.rows(f"SELECT {picked} FROM {table} WHERE {matches}", [values for _, values in usable])
