"""Reading paypal's reporting feed as a whole: pages of transactions, newest first."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from system.connectors.paypal_answers import moment_us
from system.connectors.wire import Heard
from system.feed import FeedLine, Happened
from system.money import exponent_of, parse_amount
from system.ports import Phase

Json = dict[str, Any]

PAGE_SIZE = 200
WINDOW_S = 31 * 86_400
"""The longest span of one request: 31 days (`end_date` of the Transaction Search api, read 2026-12-01)."""
CODES = {"T0006": "capture", "T1300": "authorization", "T1107": "refund", "T1110": "dispute"}


class Page(msgspec.Struct):
    """One page of the feed."""

    transaction_details: list[Json]
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


def read_page(heard: Heard) -> tuple[list[FeedLine], int] | None:
    """Return a page's lines and how many pages there are; None where the answer is no such page."""
    if heard.phase is not Phase.ANSWERED or heard.status != 200:
        return None
    try:
        page = msgspec.json.decode(heard.body, type=Page)
        return [line for row in page.transaction_details for line in _lines_of(row)], page.total_pages
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _lines_of(row: Json) -> Iterator[FeedLine]:
    """Yield what one row tells: a voided authorization tells of the hold and of its release."""
    told = row["transaction_info"]
    what, status = CODES.get(told["transaction_event_code"]), told["transaction_status"]
    if what == "authorization":
        yield _line(told, what, Happened.AUTHORIZE)
        if status == "V":
            yield _line(told, what, Happened.VOID)
    elif what is not None:
        yield _line(told, what, Happened(what))
        if what == "refund" and status == "D":
            yield _line(told, what, Happened.REFUND_FAILED)


def _line(told: Json, what: str, happened: Happened) -> FeedLine:
    amount = told["transaction_amount"]
    currency = amount["currency_code"].upper()
    ids = (told["custom_field"] or "").split("|") if happened is not Happened.VOID else []
    return FeedLine(
        line_id=f"{told['transaction_id']}:{happened}",
        happened=happened,
        attempt_id=ids[1] if len(ids) == 4 else "",
        operation_id=ids[0] if len(ids) == 4 else "",
        gateway_ref=f"{what}:{told['transaction_id']}",
        amount_minor=parse_amount(amount["value"], exponent_of(currency)),
        currency=currency,
        at_us=moment_us(told["transaction_initiation_date"]) or 0,
    )


def _iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
