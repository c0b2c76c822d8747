"""Lists: newest first, ``limit``, ``starting_after``, ``has_more``, equality filters, and ``expand[]=data.x``.

The balance's transactions are the transaction feed: what happened shows up in it some time after it did.
"""

from collections.abc import Iterable
from itertools import islice

from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.feeding import published
from system.gateways.common.rows import Row
from system.gateways.stripe import values
from system.gateways.stripe.desk import Desk
from system.gateways.stripe.errors import invalid

FILTERS = {
    "payment_intent": ("customer",),
    "charge": ("customer", "payment_intent"),
    "refund": ("charge", "payment_intent"),
    "dispute": ("charge", "payment_intent"),
    "event": ("type",),
    "balance_transaction": ("type", "source", "currency"),
    "payout": ("status",),
    "customer": ("email",),
    "payment_method": ("customer", "type"),
}
FEED = "balance_transaction"
BOUNDS = {
    "gt": lambda have, want: have > want,
    "gte": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "lte": lambda have, want: have <= want,
}


def listing(table: str, url: str, desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """Answer ``GET /v1/<objects>``."""
    fields = exchange.fields
    limit = values.integer(fields, "limit", maximum=100) or 10
    after = values.text(fields, "starting_after")
    rows = desk.books.state.tables[table]
    if after and rows.get(after) is None:
        raise invalid(f"No such {table}: '{after}'", code="resource_missing", param="starting_after")
    wanted = {name: values.text(fields, name) for name in FILTERS[table] if name in fields}
    matching: Iterable[Row] = (
        row for row in rows.newest(before=after) if _matches(row, wanted) and _in_time(row, fields)
    )
    if table == FEED:
        usual_lag_s = desk.settings.feed_lag_s
        matching = published(exchange, matching, _made_us, now_us=batch.at_us, usual_lag_s=usual_lag_s)
    found = list(islice(matching, limit + 1))
    shown = [desk.expanded(exchange, row, within="data.") for row in found[:limit]]
    page = {"object": "list", "url": url, "has_more": len(found) > limit, "data": shown}
    return desk.ok(exchange, page, "lookup")


def _made_us(row: Row) -> int:
    return int(row["created"]) * 1_000_000


def _matches(row: Row, wanted: dict[str, str]) -> bool:
    return all(row.get(name) == value for name, value in wanted.items())


def _in_time(row: Row, fields: Row) -> bool:
    bounds = fields.get("created")
    if bounds is None:
        return True
    if isinstance(bounds, str):
        bounds = {"gte": bounds, "lte": bounds}
    if not isinstance(bounds, dict) or not bounds.keys() <= BOUNDS.keys():
        raise invalid("Invalid created: use gt, gte, lt, lte", param="created")
    return all(BOUNDS[name](row["created"], values.integer(bounds, name, minimum=0) or 0) for name in bounds)
