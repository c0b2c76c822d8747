"""What becomes of a charge by itself, some time after it was made: its hold lapses, its payer's bank takes it back, a
refund does not arrive. The acquirer sends no events, so that its feed and inquiries are the only ones to tell.

A hold is valid for seven days (docs/acquirer.md); here one lapses when a fault says so.
"""

from system.gateways.acquirer.desk import CHARGE, TRANSACTION, Desk, iso
from system.gateways.common import ledger
from system.gateways.common.books import Books
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.disputing import entry
from system.gateways.common.exchange import Batch, Exchange
from system.gateways.common.faults.async_refund_fail import fails_after_ms
from system.gateways.common.faults.hold_expiry import lapses
from system.gateways.common.methods import GOOD, behaviour
from system.gateways.common.records import Movement, Put, Record
from system.gateways.common.rows import Row
from system.gateways.common.timers import due


def lapse_later(exchange: Exchange, batch: Batch, reference: str) -> None:
    """Set the timer of a hold that will lapse, where a fault is planted."""
    planned = lapses(exchange)
    if planned is not None:
        facts = {"hold": reference, "how": planned[1]}
        batch.add(due(f"lapse_{reference}", batch.at_us + int(planned[0] * 1000), facts))


def fail_later(desk: Desk, exchange: Exchange, batch: Batch, charge: Row, transaction: str) -> None:
    """Set the timer of a refund that will fail: the card is of that kind, or a fault is planted."""
    after_ms = fails_after_ms(exchange)
    if after_ms is None and (behaviour(charge["_card"], "acquirer") or GOOD).refund_fails:
        after_ms = desk.settings.refund_fail_ms
    if after_ms is not None:
        batch.add(due(f"fail_{transaction}", batch.at_us + int(after_ms * 1000), {"refund": transaction}))


def act(books: Books, timer: Row) -> list[Record]:
    """Do what is due."""
    if "dispute" in timer:
        return _dispute(books, timer["dispute"])
    return _lapse(books, timer) if "hold" in timer else _fail(books, timer["refund"])


def _lapse(books: Books, timer: Row) -> list[Record]:
    row = books.state.charges[timer["hold"]]
    held = ledger.last_movement(books.state.movements, timer["hold"], "authorize")
    if held is None or row.status != "authorized":
        return []
    after, gone = ledger.lapse(now_us(), row, held, new_id("mov"), timer["how"])
    return [after, gone, _line(books, "void", gone, {})]


def _dispute(books: Books, reference: str) -> list[Record]:
    """Charge it back. An acquirer as plain as this one only advises of it: that is final, and costs nothing more."""
    row, at_us = books.state.charges[reference], now_us()
    captured = ledger.last_movement(books.state.movements, reference, "capture")
    if captured is None or not ledger.disputable(row):
        return []
    made = new_id("mov")
    advice = f"chargeback:{made}"
    after, taken = ledger.dispute(at_us, row, captured, made, advice)
    case = entry(captured, advice, taken.amount_minor, "lost", "chargeback", at_us)
    return [after, taken, case, _line(books, "chargeback", taken, _data(taken))]


def _fail(books: Books, transaction: str) -> list[Record]:
    made = books.state.tables[TRANSACTION].get(transaction)
    if made is None:
        return []
    refunded = next(m for m in reversed(books.state.movements) if m.movement_id == made["_movement"])
    row, back = ledger.refund_failed(now_us(), books.state.charges[made["reference"]], refunded, new_id("mov"))
    failed = {**made, "response_code": "57", "response_text": "Transaction not permitted"}
    line = _line(books, "refund_reversal", back, made["data"], of=made["rrn"])
    return [row, back, Put(TRANSACTION, transaction, failed), line]


def _data(movement: Movement) -> dict[str, str]:
    return {"operation_id": movement.operation_id, "attempt_id": movement.attempt_id}


def _line(books: Books, kind: str, movement: Movement, data: dict[str, str], *, of: str = "") -> Put:
    """Return the transaction that nobody asked for: it is in the feed, under a reference of the acquirer's own."""
    number = len(books.state.tables[TRANSACTION]) + 1
    assert books.state.tables[CHARGE].get(movement.charge_id) is not None, "only charges that stand have movements"
    made: Row = {
        "id": f"{kind}:{movement.movement_id}",
        "type": kind,
        "reference": movement.charge_id,
        "amount": movement.amount_minor,
        "currency": movement.currency,
        "response_code": "00",
        "response_text": "Approved",
        "stan": f"{number % 1_000_000:06d}",
        "rrn": f"{number:012d}",
        "time": iso(movement.at_us),
        "data": data,
        "original": of,
        "_made_us": movement.at_us,
    }
    return Put(TRANSACTION, made["id"], made)
