"""Saving the books: what the gateways say happened first, then what the platform says."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from harness.core.column_types import schema
from harness.core.errors import ControlError
from harness.core.plain import Row
from harness.core.tables import DATABASE_TABLES, GATEWAY_CURRENCIES, GATEWAY_TABLES, SINK_EVENTS
from harness.provision.http import call, called
from harness.targets.presented import Published, in_minor_units, rule_rows

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.rows import DictRow

_LEDGER_TIMEOUT_S = 30.0


def save_ledgers(folder: Path, gateway_admins: Mapping[str, str], sink_admin: str) -> None:
    """Write both gateways' ledgers and the sink's events. Raises `ControlError` when one does not answer."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        rules = pool.map(_rules, gateway_admins.values())
        published = dict(zip(gateway_admins, rules, strict=True))
        events = pool.submit(_rows, f"{sink_admin}/admin/events")
        ledgers = list(pool.map(_tables, gateway_admins.values()))
    for gateway, ledger in zip(gateway_admins, ledgers, strict=True):
        ledger["fault_hits"] = [{"gateway": gateway, **row} for row in ledger["fault_hits"]]
    for table, columns in GATEWAY_TABLES.items():
        rows = [row for ledger in ledgers for row in ledger[table]]
        told = in_minor_units(rows, published) if "gateway_amount" in columns.split() else rows
        _write(folder / f"gateway_{table}.parquet", columns, told)
    _write(folder / "gateway_currencies.parquet", GATEWAY_CURRENCIES, rule_rows(published))
    _write(folder / "sink_events.parquet", SINK_EVENTS, events.result())


def save_database(folder: Path, connection: "Connection[DictRow]") -> None:
    """Write every `books.*` view as one moment shows it: a single repeatable-read transaction."""
    from psycopg import IsolationLevel

    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with connection.transaction():
        for table, columns in DATABASE_TABLES.items():
            # Both names are this module's own constants.
            rows = connection.execute(f"SELECT {', '.join(columns.split())} FROM books.{table}").fetchall()
            _write(folder / f"{table}.parquet", columns, rows)


def save_states(folder: Path, api_url: str) -> None:
    """Write the status edges that the platform publishes."""
    (folder / "states.json").write_text(json.dumps(call("GET", f"{api_url}/v1/payment-states"), indent=1))


def _rules(admin: str) -> Published:
    return called(Published, f"{admin}/admin/currencies", timeout_s=_LEDGER_TIMEOUT_S)


def _tables(admin: str) -> dict[str, list[Row]]:
    """Return a gateway's tables by their names."""
    found: dict[str, list[Row]] = call("GET", f"{admin}/admin/books", timeout_s=_LEDGER_TIMEOUT_S)
    return found


def _rows(url: str) -> list[Row]:
    found: list[Row] = call("GET", url, timeout_s=_LEDGER_TIMEOUT_S)
    return found


def _write(path: Path, columns: str, rows: Sequence[Row]) -> None:
    wanted = schema(columns)
    if rows and (missing := [name for name in wanted.names if name not in rows[0]]):
        raise ControlError(f"{path.stem}: the records lack {', '.join(missing)}")
    try:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=wanted), path)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ControlError(f"{path.stem}: a record has a value of another type: {error}") from error
