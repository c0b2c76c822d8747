from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.core.column_types import schema
from harness.core.errors import ControlError
from harness.core.tables import DATABASE_TABLES, GATEWAY_CURRENCIES, GATEWAY_TABLES, SINK_EVENTS
from harness.targets.books import _write

ALL = {**DATABASE_TABLES, **GATEWAY_TABLES, "sink_events": SINK_EVENTS, "gateway_currencies": GATEWAY_CURRENCIES}


@pytest.mark.parametrize("table", ALL)
def test_an_empty_table_keeps_its_columns_and_types(table: str, tmp_path: Path) -> None:
    path = tmp_path / f"{table}.parquet"
    _write(path, ALL[table], [])
    assert pq.read_schema(path).remove_metadata().equals(schema(ALL[table]))


@pytest.mark.parametrize("table", ALL)
def test_amounts_and_times_are_whole_numbers_and_ids_are_text(table: str) -> None:
    for field in schema(ALL[table]):
        if field.name.endswith(("_minor", "_us")):
            assert field.type == pa.int64()
        if field.name.endswith("_id") and field.name not in ("posting_id", "journal_id", "change_id"):
            assert field.type == pa.string()


def test_missing_values_stay_missing(tmp_path: Path) -> None:
    path = tmp_path / "delivery_attempts.parquet"
    row = {"event_id": "e", "merchant_id": "m", "sent_at_us": 1, "http_status": None, "error": "refused"}
    _write(path, DATABASE_TABLES["delivery_attempts"], [row])
    assert pq.read_table(path).to_pylist() == [row]


def test_a_record_without_a_promised_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="backlog: the records lack count"):
        _write(tmp_path / "backlog.parquet", DATABASE_TABLES["backlog"], [{"kind": "x"}])


def test_a_record_with_another_type_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="another type"):
        _write(tmp_path / "backlog.parquet", DATABASE_TABLES["backlog"], [{"kind": "x", "count": "many"}])
