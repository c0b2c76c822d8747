"""Reading stripe's transaction feed: the balance's transactions tell of money, the intents of what is only held.

A line's ids are in the metadata of what it is about: a refund's own, a charge's intent (the capture's ids, once it is
captured) and a charge's own (whoever created it).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from system.connectors.wire import Heard
from system.feed import FeedLine, Happened
from system.ports import Phase

Json = dict[str, Any]

BALANCE = "/v1/balance_transactions?expand[]=data.source&expand[]=data.source.payment_intent"
HOLDS = "/v1/payment_intents?expand[]=data.latest_charge"
KINDS = {
    "charge": Happened.CAPTURE,
    "refund": Happened.REFUND,
    "refund_failure": Happened.REFUND_FAILED,
    "dispute": Happened.DISPUTE,
}
"""By `reporting_category`: docs.stripe.com/reports/reporting-categories, read 2026-12-01."""
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)
"""What reading a row raises that is not what the gateway sends."""


class Page(msgspec.Struct):
    """One page of a list."""

    data: list[Json]
    has_more: bool


def read_page(heard: Heard) -> tuple[list[FeedLine], str] | None:
    """Return a page's lines and the id to go on after ('' at the end); None where the answer is no such page."""
    if heard.phase is not Phase.ANSWERED or heard.status != 200:
        return None
    try:
        page = msgspec.json.decode(heard.body, type=Page)
        lines = [line for row in page.data for line in _lines_of(row)]
        return lines, str(page.data[-1]["id"]) if page.has_more and page.data else ""
    except (msgspec.DecodeError, *UNREADABLE):
        return None


def _lines_of(row: Json) -> Iterator[FeedLine]:
    """Yield what one row of either list tells; what it has no words for, it leaves out."""
    if row["object"] == "payment_intent":
        yield from _held(row)
    elif row["reporting_category"] in KINDS:
        yield _moved(row)


def _moved(row: Json) -> FeedLine:
    source, happened = row["source"], KINDS[row["reporting_category"]]
    about = source["payment_intent"] if happened in (Happened.CAPTURE, Happened.DISPUTE) else source
    return _line(row["id"], happened, about["metadata"], about["id"], row)


def _held(intent: Json) -> Iterator[FeedLine]:
    charge = intent["latest_charge"]
    if intent["capture_method"] != "manual" or charge is None or not charge["paid"]:
        return
    yield _line(f"{intent['id']}:held", Happened.AUTHORIZE, charge["metadata"], intent["id"], intent)
    if intent["status"] == "canceled":
        yield _line(f"{intent['id']}:void", Happened.VOID, {}, intent["id"], intent)


def _line(line_id: str, happened: Happened, ids: Json, ref: str, row: Json) -> FeedLine:
    return FeedLine(
        line_id=line_id,
        happened=happened,
        attempt_id=str(ids.get("attempt_id") or ""),
        operation_id=str(ids.get("operation_id") or ""),
        gateway_ref=ref,
        amount_minor=abs(int(row["amount"])),
        currency=row["currency"].upper(),
        at_us=int(row["created"]) * 1_000_000,
    )
