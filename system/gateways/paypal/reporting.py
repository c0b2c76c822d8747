"""``GET /v1/reporting/transactions``: what happened, some time after it did.

Beyond paypal's own filters (``transaction_id``, ``start_date``, ``end_date``, ``page``, ``page_size``) it takes
``custom_id`` and ``request_id``, so that one payment can be looked for.
"""

from itertools import islice

from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.faults.search_lag import hidden, lag_us
from system.gateways.common.feeding import published
from system.gateways.common.rows import Row
from system.gateways.common.tables import Table
from system.gateways.paypal.desk import Desk
from system.gateways.paypal.errors import invalid
from system.gateways.paypal.values import moment, text

CODES = {
    "capture": "T0006", "authorization": "T1300", "refund": "T1107", "dispute": "T1110", "dispute_reversal": "T1111",
}  # fmt: skip
"""T1110 is a hold for a dispute's investigation, T1111 its cancellation:
developer.paypal.com/reports/reference/t-codes, read 2026-12-01.
"""
STATUSES = {"COMPLETED": "S", "PARTIALLY_REFUNDED": "S", "REFUNDED": "S", "CREATED": "P", "CAPTURED": "S",
            "PARTIALLY_CAPTURED": "S", "VOIDED": "V", "FAILED": "D"}  # fmt: skip
SCANNED_MAX = 20_000
WINDOW_US = 31 * 86_400 * 1_000_000
"""The longest range: 31 days (`end_date` of the Transaction Search api, read 2026-12-01)."""


def transactions(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """Answer the feed's matching page, newest first."""
    fields = exchange.fields
    size, page = _number(fields, "page_size", 100, 500), _number(fields, "page", 1, 100_000)
    start, end = moment(fields, "start_date"), moment(fields, "end_date")
    if start is not None and end is not None and end - start > WINDOW_US:
        raise invalid("/end_date", "INVALID_PARAMETER_VALUE", "Date range is greater than 31 days")
    matching = [
        row
        for table in CODES
        for row in candidates(desk.books.state.tables[table], fields)
        if (start is None or row["_made_us"] >= start) and (end is None or row["_made_us"] <= end)
    ]
    rows = sorted(matching, key=lambda row: int(row["_made_us"]), reverse=True)
    seen = looked_up(desk, exchange, batch, rows) if filtered(fields) else fed(desk, exchange, batch, rows)
    shown = seen[(page - 1) * size : page * size]
    answer = {
        "transaction_details": [{"transaction_info": info(row)} for row in shown],
        "page": page,
        "total_items": len(seen),
        "total_pages": max(1, -(-len(seen) // size)),
    }
    return desk.ok(200, answer, "lookup", keep=False)


def filtered(fields: Row) -> bool:
    """Tell whether one payment is looked for, and not the feed read as a whole."""
    return any(text(fields, name) for name in ("transaction_id", "custom_id"))


def looked_up(desk: Desk, exchange: Exchange, batch: Batch, rows: list[Row]) -> list[Row]:
    """Return what a lookup finds by now."""
    newest_us = batch.at_us - lag_us(exchange, desk.settings.search_lag_s)
    seen = [row for row in rows if row["_made_us"] <= newest_us]
    if len(seen) < len(rows):
        hidden(exchange)
    return seen


def fed(desk: Desk, exchange: Exchange, batch: Batch, rows: list[Row]) -> list[Row]:
    """Return what the feed shows by now."""
    usual_lag_s = desk.settings.feed_lag_s
    return list(published(exchange, rows, _made_us, now_us=batch.at_us, usual_lag_s=usual_lag_s))


def _made_us(row: Row) -> int:
    return int(row["_made_us"])


def candidates(table: Table, fields: Row) -> list[Row]:
    """Return the objects that the filters may mean."""
    transaction_id, custom_id = text(fields, "transaction_id"), text(fields, "custom_id")
    if transaction_id:
        found = table.get(transaction_id)
        return [found] if found is not None else []
    if custom_id:
        return [row for row in table.tagged("custom_id", custom_id) if row["custom_id"] == custom_id]
    return list(islice(table.newest(), SCANNED_MAX))


def info(row: Row) -> Row:
    """Return one line of the feed."""
    kind = row["_table"]
    return {
        "transaction_id": row["id"],
        "transaction_event_code": CODES[kind],
        "transaction_status": STATUSES[row["status"]],
        "transaction_amount": row["amount"],
        "transaction_initiation_date": row["create_time"],
        "custom_field": row["custom_id"],
        "invoice_id": row["invoice_id"],
        "paypal_reference_id": row.get("_capture") or row.get("_order"),
    }


def _number(fields: Row, name: str, otherwise: int, most: int) -> int:
    given = text(fields, name)
    if not given:
        return otherwise
    if not (given.isascii() and given.isdigit()) or not 1 <= int(given[:9]) <= most:
        raise invalid(f"/{name}")
    return int(given)
