"""Reading stripe's transaction feed: the balance's transactions tell of money, the intents of what is only held.

A line's ids are in the metadata of what it is about: a refund's own, a charge's intent (the capture's ids, once it is
captured) and a charge's own (whoever created it).
"""

from collections.abc import Iterator, Mapping

import msgspec

from system.connectors.wire import HttpResult
from system.feed import FeedLine, Happened
from system.gateway import Phase

BALANCE = "/v1/balance_transactions?expand[]=data.source&expand[]=data.source.payment_intent"
HOLDS = "/v1/payment_intents?expand[]=data.latest_charge"
KINDS = {
    "charge": Happened.CAPTURE,
    "refund": Happened.REFUND,
    "refund_failure": Happened.REFUND_FAILED,
}
"""By `reporting_category`: docs.stripe.com/reports/reporting-categories, read 2026-12-01. A dispute's own list tells
more of it than its lines here (`dispute`, `dispute_reversal`)."""


class _Object(msgspec.Struct):
    id: str
    metadata: dict[str, str]


class _Source(_Object):
    """What a line of the balance is about: a charge or a refund, with its intent."""

    payment_intent: _Object | None = None


class _Moved(msgspec.Struct, tag_field="object", tag="balance_transaction"):
    id: str
    reporting_category: str
    amount: int
    currency: str
    created: int
    source: msgspec.Raw


class _Charge(_Object):
    paid: bool


class _Intent(msgspec.Struct, tag_field="object", tag="payment_intent"):
    id: str
    status: str
    capture_method: str
    amount: int
    currency: str
    created: int
    latest_charge: _Charge | None


class Page(msgspec.Struct):
    """One page of either list."""

    data: list[_Moved | _Intent]
    has_more: bool


def read_page(heard: HttpResult) -> tuple[list[FeedLine], str] | None:
    """Return a page's lines and the id to go on after ('' at the end); None where the answer is no such page."""
    if heard.phase is not Phase.ANSWERED or heard.status != 200:
        return None
    try:
        page = msgspec.json.decode(heard.body, type=Page)
        lines = [line for row in page.data for line in _lines_of(row)]
    except msgspec.DecodeError:
        return None
    return lines, page.data[-1].id if page.has_more and page.data else ""


def _lines_of(row: _Moved | _Intent) -> Iterator[FeedLine]:
    """Yield what one row of either list tells; what it has no words for, it leaves out."""
    if isinstance(row, _Intent):
        yield from _held(row)
    elif row.reporting_category in KINDS:
        yield _moved(row)


def _moved(row: _Moved) -> FeedLine:
    happened = KINDS[row.reporting_category]
    source = msgspec.json.decode(row.source, type=_Source)
    about = source.payment_intent if happened is Happened.CAPTURE else source
    if about is None:
        raise msgspec.ValidationError("a charge without its intent")
    return _line(row.id, happened, about.metadata, about.id, row)


def _held(intent: _Intent) -> Iterator[FeedLine]:
    charge = intent.latest_charge
    if intent.capture_method != "manual" or charge is None or not charge.paid:
        return
    yield _line(f"{intent.id}:held", Happened.AUTHORIZE, charge.metadata, intent.id, intent)
    if intent.status == "canceled":
        yield _line(f"{intent.id}:void", Happened.VOID, {}, intent.id, intent)


def _line(line_id: str, happened: Happened, ids: Mapping[str, str], ref: str, row: _Moved | _Intent) -> FeedLine:
    return FeedLine(
        line_id=line_id,
        happened=happened,
        attempt_id=ids.get("attempt_id", ""),
        operation_id=ids.get("operation_id", ""),
        gateway_ref=ref,
        amount_minor=abs(row.amount),
        currency=row.currency.upper(),
        at_us=row.created * 1_000_000,
    )
