"""Reading the acquirer's feed: every transaction that was approved, newest first, a page at a time."""

import msgspec

from system.connectors.acquirer.answers import moment_us
from system.connectors.wire import HttpResult
from system.feed import FeedLine, Happened, line_of
from system.gateway import DisputeTold, Phase
from system.states import DisputeState

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


class Advice(msgspec.Struct):
    """A chargeback, as its charge tells of it."""

    id: str
    amount: int
    time: str


class Charged(msgspec.Struct):
    """A charge, as far as it tells of chargebacks."""

    reference: str
    currency: str
    chargebacks: list[Advice]
    data: dict[str, str] = {}


def read_charge(heard: HttpResult) -> list[DisputeTold] | None:
    """Return a charge's chargebacks; None where the answer is no charge."""
    if heard.phase is not Phase.ANSWERED or heard.status != 200:
        return None
    try:
        charge = msgspec.json.decode(heard.body, type=Charged)
    except msgspec.DecodeError:
        return None
    return [_advised(one.id, one.amount, charge.currency, charge.reference, one.time) for one in charge.chargebacks]


def _advised(made: str, amount: int, currency: str, charge: str, time: str, attempt_id: str = "") -> DisputeTold:
    """An advice is final (docs/acquirer.md): the money is gone, without a fee."""
    return DisputeTold(
        made, DisputeState.LOST, amount, currency, charge, amount, reason="chargeback", attempt_id=attempt_id,
        opened_at_us=moment_us(time) or 0,
    )  # fmt: skip


def _line(line: Line) -> FeedLine:
    happened = KINDS[line.type]
    if happened is Happened.DISPUTE:
        attempt_id = line.data.get("attempt_id", "")
        return line_of(_advised(line.id, line.amount, line.currency, line.reference, line.time, attempt_id))
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
