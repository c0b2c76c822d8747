"""Inquiries: a transaction by the merchant's reference, a charge by the acquirer's, and the feed of them all."""

from itertools import islice

from system.gateways.acquirer.desk import CHARGE, TRANSACTION, Desk, iso, public
from system.gateways.acquirer.responses import malformed
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.feeding import published
from system.gateways.common.ledger import last_movement
from system.gateways.common.records import Dispute
from system.gateways.common.rows import Row

PAGE_MAX = 100
SCANNED_MAX = 20_000


def transaction(desk: Desk, exchange: Exchange, _batch: Batch) -> Answer:
    """``GET /transactions/{transaction}``: what was answered, with the charge's present state. It does not lag."""
    found = desk.find(TRANSACTION, exchange.arguments[0])
    return desk.shown({**public(found), "state": desk.books.state.charges[found["reference"]].status})


def charge(desk: Desk, exchange: Exchange, _batch: Batch) -> Answer:
    """``GET /charges/{reference}``: how much of it was set aside, taken and given back, and who asked last."""
    found = desk.find(CHARGE, exchange.arguments[0])
    row, movements = desk.row(found), desk.books.state.movements
    last = {kind: last_movement(movements, row.charge_id, kind) for kind in ("capture", "void")}
    return desk.shown(
        {
            "reference": row.charge_id,
            "state": row.status,
            "amount": row.amount_minor,
            "currency": row.currency,
            "authorized": row.authorized_minor,
            "captured": row.captured_minor,
            "refunded": row.refunded_minor,
            "chargebacks": [
                _advice(made) for made in desk.books.state.disputes.values() if made.charge_id == row.charge_id
            ],
            "captured_by": last["capture"].gateway_key if last["capture"] else "",
            "voided_by": last["void"].gateway_key if last["void"] else "",
            "data": found["data"],
        }
    )


def _advice(made: Dispute) -> Row:
    """Return what the acquirer advises of a chargeback, under the id that the feed has it by."""
    return {"id": made.dispute_id, "amount": made.amount_minor, "time": iso(made.created_at_us)}


def feed(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /transactions``: what was approved between ``from_s`` and ``to_s``, newest first, a page at a time."""
    from_s, to_s, page = (_number(exchange.fields, name) for name in ("from_s", "to_s", "page"))
    rows = (row for row in islice(desk.books.state.tables[TRANSACTION].newest(), SCANNED_MAX) if _moved(row))
    within = (row for row in rows if from_s <= row["_made_us"] // 1_000_000 <= to_s)
    shown = list(
        published(exchange, within, _made_us, now_us=batch.at_us, usual_lag_s=desk.settings.feed_lag_s),
    )
    told = [public(row) for row in shown[page * PAGE_MAX : (page + 1) * PAGE_MAX]]
    return desk.shown({"transactions": told, "pages": -(-len(shown) // PAGE_MAX)})


def _moved(row: Row) -> bool:
    """Tell whether money moved: a refund that failed later did, and its reversal is a line of its own."""
    return bool(row["response_code"] == "00" or "_movement" in row)


def _made_us(row: Row) -> int:
    return int(row["_made_us"])


def _number(fields: Row, name: str) -> int:
    given = fields.get(name, "0")
    if not isinstance(given, str) or not (given.isascii() and given.isdigit()) or len(given) > 12:
        raise malformed(f"{name}: a whole number")
    return int(given)
