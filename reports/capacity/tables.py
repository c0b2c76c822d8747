"""`capacity.csv` and `capacity.parquet`: one row for each probe of each case, for a spreadsheet or DuckDB."""

import csv
import io
import json
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.capacity.report import CapacityReport, RateRow
from harness.core.plain import Row

_LEADING = ("case", "limit_per_s", "limit_lo_per_s", "limit_hi_per_s")


def rows(report: CapacityReport) -> list[Row]:
    """Return the rows; `loads` becomes one column for each figure that was sampled in any probe."""
    sampled = sorted({name for case in report.cases for row in case.rows for name in row.loads})
    return [
        {
            "case": case.name,
            "limit_per_s": case.answer.estimate_per_s,
            "limit_lo_per_s": case.answer.lo_per_s,
            "limit_hi_per_s": case.answer.hi_per_s,
            **_plain(row),
            **{name: row.loads.get(name) for name in sampled},
        }
        for case in report.cases
        for row in case.rows
    ]


def csv_text(report: CapacityReport) -> str:
    """Return the table as CSV, with a line of names."""
    found = rows(report)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(found[0]) if found else [*_LEADING, *_plain_names()], lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def write_parquet(report: CapacityReport, path: Path) -> None:
    """Write the table as Parquet; the report's own facts are in its metadata, as JSON under `faultline`."""
    facts = {"name": report.name, "slo": report.slo, "workload": report.workload, "target": report.target}
    found = rows(report)
    table = pa.Table.from_pylist(found) if found else pa.table({name: [] for name in (*_LEADING, *_plain_names())})
    pq.write_table(table.replace_schema_metadata({"faultline": json.dumps(facts)}), path)


def _plain_names() -> list[str]:
    return [item.name for item in fields(RateRow) if item.name != "loads"]


def _plain(row: RateRow) -> Row:
    return {name: getattr(row, name) for name in _plain_names()}
