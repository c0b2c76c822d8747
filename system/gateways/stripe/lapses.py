"""What becomes of a charge by itself, some time after it was made: its hold lapses.

Most cards' holds are valid for seven days (docs.stripe.com/payments/place-a-hold-on-a-payment-method, read 2026-12-01);
here one lapses when a fault says so. The intent is then canceled, `cancellation_reason` `automatic`.
"""

from system.gateways.common import ledger
from system.gateways.common.books import Books
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.exchange import Batch, Exchange
from system.gateways.common.faults.hold_expiry import lapses
from system.gateways.common.records import Put, Record
from system.gateways.common.rows import Row
from system.gateways.common.timers import due
from system.gateways.stripe.desk import told_by_itself

VALIDITY_S = 7 * 86400


def lapse_later(exchange: Exchange, batch: Batch, intent_id: str) -> None:
    """Set the timer of a hold that will lapse, where a fault is planted."""
    planned = lapses(exchange)
    if planned is not None:
        facts = {"hold": intent_id, "how": planned[1]}
        batch.add(due(f"lapse_{intent_id}", batch.at_us + int(planned[0] * 1000), facts))


def lapse(books: Books, timer: Row) -> list[Record]:
    """Let go of a hold that nobody captured or canceled."""
    tables, at_us = books.state.tables, now_us()
    intent = tables["payment_intent"].get(timer["hold"])
    if intent is None or intent["status"] != "requires_capture":
        return []
    held = ledger.last_movement(books.state.movements, intent["id"], "authorize")
    assert held is not None
    row, gone = ledger.lapse(at_us, books.state.charges[intent["id"]], held, new_id("lapse"), timer["how"])
    expired = timer["how"] == "expire"
    done = {**intent, "status": "canceled", "amount_capturable": 0, "canceled_at": at_us // 1_000_000,
            "cancellation_reason": "automatic" if expired else "requested_by_customer"}  # fmt: skip
    charge: Row = tables["charge"].get(intent["latest_charge"]) or {}
    lane = held.payment_id or intent["id"]
    told: list[Record] = [*told_by_itself("payment_intent.canceled", done, lane, held.gateway_key)]
    if expired:
        told += told_by_itself("charge.expired", charge, lane, held.gateway_key)
    return [row, gone, Put("payment_intent", done["id"], done), *told]
