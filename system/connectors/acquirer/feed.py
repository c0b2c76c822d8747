"""Reading the acquirer's feed: every transaction that was approved, newest first, a page at a time."""

import msgspec

from system.connectors.acquirer.answers import moment_us
from system.connectors.wire import HttpResult
from system.feed import FeedLine, Happened
from system.gateway import Phase

KINDS = {
    "authorization": Happened.AUTHORIZE,
    "sale": Happened.CAPTURE,
    "capture": Happened.CAPTURE,
    "void": Happened.VOID,
    "refund": Happened.REFUND,
    "refund_reversal": Happened.REFUND_FAILED,
    "chargeback": Happened.DISPUTE,
}


class Line(msgspec.Struct):
    """One transaction of the feed."""

    id: str
    type: str
    reference: str
    amount: int
    currency: str
    rrn: str
    time: str
    data: dict[str, str] = {}
    original: str = ""
    """The retrieval number of the refund that is taken back."""


class Page(msgspec.Struct):
    """One page of it."""

    transactions: list[Line]
    pages: int


def path_of(from_us: int, to_us: int, page: int) -> str:
    """Return the address of a page between two times (microseconds; whole seconds, both included)."""
    return f"/transactions?from_s={from_us // 1_000_000}&to_s={to_us // 1_000_000}&page={page}"


def read_page(heard: HttpResult) -> tuple[list[FeedLine], int] | None:
    """Return a page's lines and how many pages there are; None where the answer is no such page."""
    if heard.phase is not Phase.ANSWERED or heard.status != 200:
        return None
    try:
        page = msgspec.json.decode(heard.body, type=Page)
    except msgspec.DecodeError:
        return None
    return [_line(line) for line in page.transactions if line.type in KINDS], page.pages


def _line(line: Line) -> FeedLine:
    happened = KINDS[line.type]
    # What ended a hold is told of the hold, whoever ended it.
    ids = {} if happened is Happened.VOID else line.data
    ref = {Happened.REFUND: line.rrn, Happened.REFUND_FAILED: line.original}.get(happened, line.reference)
    return FeedLine(
        line_id=f"{line.type}:{line.id}",
        happened=happened,
        attempt_id=ids.get("attempt_id", ""),
        operation_id=ids.get("operation_id", ""),
        gateway_ref=ref,
        amount_minor=line.amount,
        currency=line.currency,
        at_us=moment_us(line.time) or 0,
    )
