"""Authorizations and captures: capture, void, refund; and refunds that fail later."""

from functools import partial

from system.gateways.common import ledger
from system.gateways.common.books import Books
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.disputing import dispute_later
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.faults import lenient_captures
from system.gateways.common.faults.async_refund_fail import fails_after_ms
from system.gateways.common.methods import GOOD, behaviour
from system.gateways.common.records import Charge, Put, Record
from system.gateways.common.rows import Row
from system.gateways.common.timers import due
from system.gateways.paypal.desk import Desk, notice, own_custom_id, public
from system.gateways.paypal.errors import ruled_out, unprocessable
from system.gateways.paypal.values import Money, iso, money, text

REFUSALS = {
    "not_capturable": "AUTHORIZATION_VOIDED",
    "exceeds_authorization": "MAX_CAPTURE_AMOUNT_EXCEEDED",
    "not_voidable": "CANNOT_BE_VOIDED",
    "not_refundable": "CAPTURE_NOT_COMPLETED",
    "exhausted": "CAPTURE_FULLY_REFUNDED",
    "exceeds_capture": "REFUND_AMOUNT_EXCEEDED",
    "disputed": "TRANSACTION_DISPUTED",
    "no_funds": "REFUND_FAILED_INSUFFICIENT_FUNDS",
}


def capture(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v2/payments/authorizations/{id}/capture``: all or part of it."""
    held = desk.find("authorization", exchange.arguments[0])
    row = desk.books.state.charges[held["_order"]]
    if held["status"] == "CAPTURED" and exchange.fault(lenient_captures.NAME) is None:
        raise unprocessable("AUTHORIZATION_ALREADY_CAPTURED")
    amount = asked(exchange, row, row.authorized_minor - row.captured_minor)
    invoice_id = text(exchange.fields, "invoice_id", longest=127)
    desk.use_invoice(batch, invoice_id, "payment")
    capture_id = new_id("PAY").replace("_", "")
    after = _ruled(partial(ledger.capture, batch, row, amount.amount_minor, capture_id))
    custom_id = own_custom_id(exchange) or held["custom_id"]
    made = {
        **{name: value for name, value in held.items() if name != "expiration_time"},
        "id": capture_id,
        "status": "COMPLETED",
        "amount": amount.as_json(),
        "custom_id": custom_id,
        "invoice_id": invoice_id,
        "final_capture": exchange.fields.get("final_capture") is True,
        "create_time": iso(batch.at_us),
        "supplementary_data": {"related_ids": {"order_id": held["_order"], "authorization_id": held["id"]}},
        "_made_us": batch.at_us,
        "_table": "capture",
        "metadata": {"custom_id": custom_id},
    }
    whole = made["final_capture"] or after.captured_minor >= after.authorized_minor
    desk.put(batch, "authorization", {**held, "status": "CAPTURED" if whole else "PARTIALLY_CAPTURED"})
    desk.tell(batch, "PAYMENT.CAPTURE.COMPLETED", "capture", desk.put(batch, "capture", made))
    dispute_later(exchange, batch, made["id"], behaviour(made["_method"], "paypal") or GOOD, desk.settings)
    return desk.ok(201, public(made))


def void(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v2/payments/authorizations/{id}/void``."""
    held = desk.find("authorization", exchange.arguments[0])
    if held["status"] == "VOIDED":
        raise unprocessable("PREVIOUSLY_VOIDED")
    if held["status"] == "CAPTURED":
        raise unprocessable("PREVIOUSLY_CAPTURED")
    row = desk.books.state.charges[held["_order"]]
    _ruled(partial(ledger.void, batch, row, new_id("VOID").replace("_", "")))
    done = desk.put(batch, "authorization", {**held, "status": "VOIDED", "update_time": iso(batch.at_us)})
    desk.tell(batch, "PAYMENT.AUTHORIZATION.VOIDED", "authorization", done)
    return desk.ok(200, public(done))


def refund(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v2/payments/captures/{id}/refund``: all that is left, or part of it."""
    taken = desk.find("capture", exchange.arguments[0])
    row = desk.books.state.charges[taken["_order"]]
    amount = asked(exchange, row, max(row.captured_minor - row.refunded_minor, 1))
    invoice_id = text(exchange.fields, "invoice_id", longest=127)
    desk.use_invoice(batch, invoice_id, "refund")
    refund_id = new_id("REF").replace("_", "")
    after = _ruled(partial(ledger.refund, batch, row, amount.amount_minor, refund_id))
    custom_id = text(exchange.fields, "custom_id", longest=127)
    made = {
        "id": refund_id,
        "status": "COMPLETED",
        "amount": amount.as_json(),
        "custom_id": custom_id,
        "invoice_id": invoice_id,
        "note_to_payer": text(exchange.fields, "note_to_payer"),
        "create_time": iso(batch.at_us),
        "update_time": iso(batch.at_us),
        "links": [{"href": f"/v2/payments/captures/{taken['id']}", "rel": "up", "method": "GET"}],
        "_capture": taken["id"],
        "_reference": exchange.call.reference,
        "_made_us": batch.at_us,
        "_table": "refund",
        "metadata": {"custom_id": custom_id},
    }
    whole = after.refunded_minor >= after.captured_minor
    desk.put(batch, "capture", {**taken, "status": "REFUNDED" if whole else "PARTIALLY_REFUNDED"})
    desk.tell(batch, "PAYMENT.CAPTURE.REFUNDED", "refund", desk.put(batch, "refund", made))
    fail_later(desk, exchange, batch, taken, refund_id)
    return desk.ok(201, public(made))


def asked(exchange: Exchange, row: Charge, otherwise_minor: int) -> Money:
    """Return the amount asked for, in the charge's currency. Raises PayPalError."""
    if "amount" not in exchange.fields:
        return Money(otherwise_minor, row.currency)
    amount = money(exchange.fields["amount"], "/amount")
    if amount.currency != row.currency:
        raise unprocessable("CURRENCY_MISMATCH")
    return amount


def _ruled(move: "partial[Charge]") -> Charge:
    """Run a ledger rule; its refusal becomes paypal's. Raises PayPalError."""
    try:
        return move()
    except ledger.Refused as refused:
        raise ruled_out(REFUSALS[refused.code], str(refused)) from refused


def fail_later(desk: Desk, exchange: Exchange, batch: Batch, taken: Row, refund_id: str) -> None:
    """Set the timer of a refund that will fail."""
    after_ms = fails_after_ms(exchange)
    if after_ms is None and (behaviour(taken["_method"], "paypal") or GOOD).refund_fails:
        after_ms = desk.settings.refund_fail_ms
    if after_ms is not None:
        batch.add(due(f"fail_{refund_id}", batch.at_us + int(after_ms * 1000), {"refund": refund_id}))


def fail(books: Books, timer: Row) -> list[Record]:
    """Turn an accepted refund into a failed one."""
    made = books.state.tables["refund"].get(timer["refund"])
    if made is None or made["status"] != "COMPLETED":
        return []
    movement = next(m for m in reversed(books.state.movements) if m.movement_id == made["id"] and m.kind == "refund")
    charge = books.state.charges[movement.charge_id]
    row, back = ledger.refund_failed(now_us(), charge, movement, new_id("FR").replace("_", ""))
    failed = {**made, "status": "FAILED", "update_time": iso(now_us())}
    told = notice("PAYMENT.REFUND.FAILED", "refund", failed, movement.gateway_key, movement.payment_id)
    taken = books.state.tables["capture"].get(made["_capture"]) or {}
    taken = {**taken, "status": "PARTIALLY_REFUNDED" if row.refunded_minor else "COMPLETED"}
    return [row, back, Put("refund", failed["id"], failed), Put("capture", made["_capture"], taken), told]


def retrieve(table: str, desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /v2/payments/<authorizations|captures|refunds>/{id}``."""
    return desk.ok(200, public(desk.find(table, exchange.arguments[0])), "lookup", keep=False)
