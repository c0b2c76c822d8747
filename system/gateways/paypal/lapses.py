"""What becomes of a payment by itself, some time after it was made: its authorization lapses.

An authorization is honoured for three days and valid for 29, then it is voided
(developer.paypal.com/docs/checkout/advanced/authorization-honor; events: docs.paypal.ai/reference/webhook-events; both
read 2026-12-01). Here one lapses when a fault says so; `expiration_time` says when its validity ends.
"""

from system.gateways.common import ledger
from system.gateways.common.books import Books
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.exchange import Batch, Exchange
from system.gateways.common.faults.hold_expiry import lapses
from system.gateways.common.records import Put, Record
from system.gateways.common.rows import Row
from system.gateways.common.timers import due
from system.gateways.paypal.desk import notice
from system.gateways.paypal.values import iso

VALIDITY_US = 29 * 86400 * 1_000_000


def lapse_later(exchange: Exchange, batch: Batch, authorization_id: str) -> None:
    """Set the timer of an authorization that will lapse, where a fault is planted."""
    planned = lapses(exchange)
    if planned is not None:
        facts = {"hold": authorization_id, "how": planned[1]}
        batch.add(due(f"lapse_{authorization_id}", batch.at_us + int(planned[0] * 1000), facts))


def lapse(books: Books, timer: Row) -> list[Record]:
    """Void an authorization that nobody captured or voided."""
    held = books.state.tables["authorization"].get(timer["hold"])
    if held is None or held["status"] != "CREATED":
        return []
    at_us = now_us()
    movement = ledger.last_movement(books.state.movements, held["_order"], "authorize")
    assert movement is not None
    row, gone = ledger.lapse(at_us, books.state.charges[held["_order"]], movement, new_id("LAPSE"), timer["how"])
    ends = {"expiration_time": iso(at_us)} if timer["how"] == "expire" else {}
    done = {**held, **ends, "status": "VOIDED", "update_time": iso(at_us)}
    told = notice("PAYMENT.AUTHORIZATION.VOIDED", "authorization", done, movement.gateway_key, movement.payment_id)
    return [row, gone, Put("authorization", done["id"], done), told]
