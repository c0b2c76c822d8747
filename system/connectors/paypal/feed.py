"""Reading paypal's reporting feed as a whole: pages of transactions, newest first."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec

from system.connectors.paypal.answers import moment_us
from system.connectors.wire import HttpResult
from system.feed import FeedLine, Happened
from system.gateway import Phase
from system.money import exponent_of, parse_amount

PAGE_SIZE = 200
WINDOW_S = 31 * 86_400
"""The longest span of one request: 31 days (`end_date` of the Transaction Search api, read 2026-12-01)."""
CODES = {"T0006": "capture", "T1300": "authorization", "T1107": "refund"}
"""A dispute's own details tell more of it than its lines here (T1110, T1111)."""


class _Money(msgspec.Struct):
    currency_code: str
    value: str


class _Info(msgspec.Struct):
    transaction_id: str
    transaction_event_code: str
    transaction_status: str
    transaction_amount: _Money
    transaction_initiation_date: str
    custom_field: str | None = None


class _Row(msgspec.Struct):
    transaction_info: _Info


class Page(msgspec.Struct):
    """One page of the feed."""

    transaction_details: list[_Row]
    total_pages: int


def windows(from_us: int, to_us: int) -> Iterator[tuple[int, int]]:
    """Yield the spans, oldest first and none longer than paypal answers, that make up this one (microseconds).

    Both ends of a span belong to it, and times are whole seconds, so the next begins a second after the last ended.
    """
    begin_s, last_s = from_us // 1_000_000, to_us // 1_000_000
    while begin_s <= last_s:
        end_s = min(begin_s + WINDOW_S, last_s)
        yield begin_s * 1_000_000, end_s * 1_000_000
        begin_s = end_s + 1


def path_of(from_us: int, to_us: int, page: int) -> str:
    """Return the url of a page of the feed between two times (whole seconds, both included)."""
    query = {"start_date": _iso(from_us), "end_date": _iso(to_us), "page": str(page), "page_size": str(PAGE_SIZE)}
    return f"/v1/reporting/transactions?{urlencode(query)}"


def read_page(heard: HttpResult) -> tuple[list[FeedLine], int] | None:
    """Return a page's lines and how many pages there are; None where the answer is no such page."""
    if heard.phase is not Phase.ANSWERED or heard.status != 200:
        return None
    try:
        page = msgspec.json.decode(heard.body, type=Page)
        return [line for row in page.transaction_details for line in _lines_of(row.transaction_info)], page.total_pages
    except ValueError:  # no such page, or a currency or an amount that nobody knows
        return None


def _lines_of(told: _Info) -> Iterator[FeedLine]:
    """Yield what one row tells: a voided authorization tells of the hold and of its release."""
    what, status = CODES.get(told.transaction_event_code), told.transaction_status
    if what == "authorization":
        yield _line(told, what, Happened.AUTHORIZE)
        if status == "V":
            yield _line(told, what, Happened.VOID)
    elif what is not None:
        yield _line(told, what, Happened(what))
        if what == "refund" and status == "D":
            yield _line(told, what, Happened.REFUND_FAILED)


def _line(told: _Info, what: str, happened: Happened) -> FeedLine:
    currency = told.transaction_amount.currency_code.upper()
    ids = (told.custom_field or "").split("|") if happened is not Happened.VOID else []
    return FeedLine(
        line_id=f"{told.transaction_id}:{happened}",
        happened=happened,
        attempt_id=ids[1] if len(ids) == 4 else "",
        operation_id=ids[0] if len(ids) == 4 else "",
        gateway_ref=f"{what}:{told.transaction_id}",
        amount_minor=parse_amount(told.transaction_amount.value, exponent_of(currency)),
        currency=currency,
        at_us=moment_us(told.transaction_initiation_date) or 0,
    )


def _iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
