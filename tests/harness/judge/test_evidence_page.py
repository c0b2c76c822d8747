"""docs/evidence.md is a contract: every table and every column is in it, with the type that is written."""

import re
from pathlib import Path

import pyarrow as pa
import pytest

from harness.core.column_types import schema
from harness.core.tables import (
    ALERTS,
    CALLS,
    COMMITS,
    DATABASE_TABLES,
    GATEWAY_CURRENCIES,
    GATEWAY_TABLES,
    LEDGER_SEEN,
    LOG_POSITIONS,
    SCRAPES,
    SINK_EVENTS,
)
from harness.history import HISTORY_COLUMNS
from harness.judge.stored import as_document
from harness.run.sampler import METRICS
from tests.harness.judge.test_stored import make_report

PAGE = Path(__file__).parents[3] / "docs" / "evidence.md"
NAMES = {"string": "text", "int64": "int64", "int32": "int32", "bool": "bool", "double": "double"}
DUCKDB = {"VARCHAR": "text", "BIGINT": "int64", "INTEGER": "int32", "BOOLEAN": "bool"}


def told() -> dict[str, dict[str, str]]:
    """Return the page's tables: columns and types by file."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    row = re.compile(r"^\| `(\w+)` \| (\w+) \|", re.MULTILINE)
    return {text.split("\n", 1)[0]: dict(row.findall(text)) for text in sections if ".parquet\n" in text[:60]}


def written() -> dict[str, dict[str, str]]:
    """Return what is written: columns and types by file."""
    books = {**DATABASE_TABLES, **{f"gateway_{name}": columns for name, columns in GATEWAY_TABLES.items()}}
    books |= {"sink_events": SINK_EVENTS, "ledger_seen": LEDGER_SEEN, "log_positions": LOG_POSITIONS}
    books |= {"commits": COMMITS, "gateway_currencies": GATEWAY_CURRENCIES, "calls": CALLS}
    tables = {f"books/{name}.parquet": _types(schema(columns)) for name, columns in books.items()}
    tables["metrics.parquet"] = _types(METRICS)
    tables |= {"alerts.parquet": _types(schema(ALERTS)), "scrapes.parquet": _types(schema(SCRAPES))}
    tables["history.parquet"] = {name: DUCKDB[kind] for name, kind in HISTORY_COLUMNS.items()}
    return tables


def _types(columns: pa.Schema) -> dict[str, str]:
    return {column.name: NAMES[str(column.type)] for column in columns}


def test_every_table_is_on_the_page_and_no_other() -> None:
    assert set(told()) == set(written())


@pytest.mark.parametrize("name", sorted(written()))
def test_the_page_tells_every_column_with_its_type(name: str) -> None:
    assert told()[name] == written()[name]


def test_the_page_tells_every_field_of_a_verdict(tmp_path: Path) -> None:
    page = PAGE.read_text()
    text = page[page.index("## verdict.json") : page.index("## raw/")]
    document = as_document(make_report(tmp_path, bad=True))
    fields = set(document) | set(document["load"])
    for part in ("invariants", "objectives", "faults"):
        fields |= set(document[part][0])
    examples = [example for finding in document["invariants"] for example in finding["examples"]]
    assert examples
    fields |= set(examples[0])
    assert sorted(field for field in fields if f"`{field}`" not in text) == []
