"""Merges the raw history files of all load workers into `history.parquet`, in bounded memory.

A worker may be killed at any moment, so the last line of a file may be torn, and an invocation may have no completion.
Both are normal here: a torn line is counted and left out; a request without an answer is UNKNOWN, never lost.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from harness.core.errors import HarnessError
from harness.core.history_columns import COMPLETE_COLUMNS, HISTORY_COLUMNS, INVOKE_COLUMNS
from harness.core.quoting import quoted

NO_COMPLETION = "no_completion"
"""The `error` of an attempt whose completion was never written."""

_FILL: Mapping[str, str] = {
    "outcome": "coalesce(c.outcome, 'UNKNOWN')",
    "error": f"CASE WHEN c.op IS NULL THEN '{NO_COMPLETION}' ELSE c.error END",
    "definite": "coalesce(c.definite, false)",
    "replayed": "coalesce(c.replayed, false)",
}


@dataclass(frozen=True)
class MergeSummary:
    """What the merge saw. `attempts` rows were written; `unfinished` of them never completed.

    `torn_lines` could not be read; `stray_completes` had no invocation; `repeated_lines` told of an attempt again.
    """

    attempts: int
    unfinished: int
    torn_lines: int
    stray_completes: int
    repeated_lines: int


def merge_history(raw: Path, out: Path, *, memory_limit: str = "512MB") -> MergeSummary:
    """Write `out` (Parquet, one row for each attempt) from `raw/history-*.jsonl` and say what was seen.

    Raises `HarnessError` where there is nothing to merge, or it cannot be read or written.
    """
    files = sorted(raw.glob("history-*.jsonl"))
    if not files:
        raise HarnessError(f"{raw} holds no history-*.jsonl: the load recorded nothing", hint="see logs/load.log")
    with tempfile.TemporaryDirectory(prefix="faultline-merge-") as scratch:
        database = duckdb.connect(
            f"{scratch}/merge.duckdb", config={"memory_limit": memory_limit, "threads": 2, "temp_directory": scratch}
        )
        try:
            database.execute("SET preserve_insertion_order = false")
            return _merge(database, files, out)
        except duckdb.Error as error:
            raise HarnessError(f"the history in {raw} cannot be merged: {error}", hint="is the disk full?") from error
        finally:
            database.close()


def _merge(database: duckdb.DuckDBPyConnection, files: list[Path], out: Path) -> MergeSummary:
    columns = {"e": "VARCHAR", **HISTORY_COLUMNS}
    spec = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    names = "[" + ", ".join(quoted(path) for path in files) + "]"
    database.execute(
        f"CREATE TABLE lines AS SELECT * FROM read_json({names}, format = 'newline_delimited', columns = {{{spec}}}, "
        "ignore_errors = true, maximum_object_size = 1048576)"
    )
    whole = "op IS NOT NULL AND attempt IS NOT NULL"
    for half in ("invoke", "complete"):
        database.execute(
            f"CREATE TABLE {half}s AS SELECT DISTINCT ON (op, attempt) * FROM lines WHERE e = '{half}' AND {whole}"
        )
    torn = _count(database, f"lines WHERE e IS NULL OR e NOT IN ('invoke', 'complete') OR NOT ({whole})")
    lines, invokes, completes = (_count(database, table) for table in ("lines", "invokes", "completes"))
    database.execute("DROP TABLE lines")
    selected = [f"i.{name}" for name in INVOKE_COLUMNS]
    selected += [f"{_FILL.get(name, f'c.{name}')} AS {name}" for name in COMPLETE_COLUMNS]
    joined = "invokes i LEFT JOIN completes c ON c.op = i.op AND c.attempt = i.attempt"
    database.execute(
        f"COPY (SELECT {', '.join(selected)} FROM {joined}) TO {quoted(out)} (FORMAT parquet, COMPRESSION zstd)"
    )
    unfinished = _count(database, f"{joined} WHERE c.op IS NULL")
    return MergeSummary(
        attempts=invokes,
        unfinished=unfinished,
        torn_lines=torn,
        stray_completes=completes - (invokes - unfinished),
        repeated_lines=lines - torn - invokes - completes,
    )


def _count(database: duckdb.DuckDBPyConnection, source: str) -> int:
    row = database.execute(f"SELECT count(*) FROM {source}").fetchone()
    return int(row[0]) if row else 0
