"""Payment intents: create, confirm, capture, cancel, update, retrieve."""

from system.gateways.common import ledger
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.disputing import dispute_later
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.faults import lenient_captures
from system.gateways.common.faults.decline_storm import stormy
from system.gateways.common.methods import GOOD, Behaviour
from system.gateways.common.records import Call, Charge, Record
from system.gateways.common.rows import Row
from system.gateways.common.timers import due
from system.gateways.stripe import objects, values
from system.gateways.stripe.desk import Desk
from system.gateways.stripe.errors import StripeError, declined, invalid
from system.gateways.stripe.lapses import VALIDITY_S, lapse_later

CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture", "processing")
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")


def create(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/payment_intents``: with ``confirm=true`` it also charges."""
    fields = exchange.fields
    currency = values.currency(fields)
    amount = values.charge_amount(fields, currency)
    method = values.text(fields, "payment_method") or None
    if method is not None:
        desk.method(method)
    capture_method = values.text(fields, "capture_method", "automatic")
    if capture_method not in CAPTURE_METHODS:
        raise invalid(f"Invalid capture_method: must be one of {', '.join(CAPTURE_METHODS)}", param="capture_method")
    intent = objects.payment_intent(
        amount,
        currency,
        batch.at_us // 1_000_000,
        capture_method=capture_method,
        customer=values.text(fields, "customer") or None,
        description=values.text(fields, "description") or None,
        metadata=values.metadata(fields),
        payment_method=method,
        status="requires_confirmation" if method else "requires_payment_method",
    )
    if values.boolean(fields, "confirm"):
        return charge_it(desk, exchange, batch, intent)
    return desk.ok(exchange, desk.put(batch, "payment_intent", intent), "not_executed")


def confirm(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/payment_intents/{id}/confirm``."""
    intent = desk.find("payment_intent", exchange.arguments[0])
    if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        raise unexpected(intent, "confirmed")
    given = values.text(exchange.fields, "payment_method")
    return charge_it(desk, exchange, batch, {**intent, "payment_method": given or intent["payment_method"]})


def charge_it(desk: Desk, exchange: Exchange, batch: Batch, intent: Row) -> Answer:
    """Ask the card for the intent's money."""
    method = intent["payment_method"]
    if not method:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.",
                      code="payment_intent_unexpected_state", param="payment_method")  # fmt: skip
    confirmed_before = intent["status"] == "requires_action"
    card = stormy(exchange, desk.method(method))
    if card.decline:
        return decline(desk, batch, intent, card.decline, card.decline_code)
    if card.requires_action and not confirmed_before:
        ledger.ask(batch, intent["id"], intent["amount"], intent["currency"], "requires_action")
        waiting = {**intent, "status": "requires_action", "next_action": {"type": "use_stripe_sdk"}}
        desk.tell(batch, "payment_intent.requires_action", desk.put(batch, "payment_intent", waiting))
        if card.answers and desk.settings.payer_ms:
            at_us = batch.at_us + int(desk.settings.payer_ms * 1000)
            batch.add(due(f"payer_{intent['id']}", at_us, {"payer": intent["id"]}))
        return desk.ok(exchange, waiting, "not_executed")
    row = ledger.draft(batch, intent["id"], intent["amount"], intent["currency"])
    return approve(desk, exchange, batch, intent, row, card)


def payer_confirms(desk: Desk, intent_id: str) -> list[Record]:
    """The payer answers at last: the card is asked for the money, unless the intent was canceled meanwhile."""
    intent, row = desk.look("payment_intent", intent_id), desk.books.state.charges.get(intent_id)
    if intent is None or row is None or intent["status"] != "requires_action":
        return []
    call = Call(
        gateway=row.gateway, call_id="", method="", endpoint="", operation_id=row.operation_id,
        attempt_id=row.attempt_id, payment_id=row.payment_id, merchant_id=row.merchant_id, reference=row.reference,
        gateway_key=row.gateway_key, arrived_at_us=now_us(),
    )  # fmt: skip
    by_itself = Exchange("POST", "", "", {}, ("", 0), "", (), call, desk.books.epoch)
    batch = Batch(by_itself, now_us())
    approve(desk, by_itself, batch, intent, row, GOOD)
    return batch.records


def approve(desk: Desk, exchange: Exchange, batch: Batch, intent: Row, row: Charge, card: Behaviour) -> Answer:
    """The card pays: hold the money or take it."""
    now_s, manual = batch.at_us // 1_000_000, intent["capture_method"] == "manual"
    charge = objects.charge(intent, new_id("ch"), now_s)
    if manual:
        ledger.authorize(batch, row, charge["id"])
        charge["payment_method_details"]["card"]["capture_before"] = now_s + VALIDITY_S
        lapse_later(exchange, batch, intent["id"])
        changed = {"status": "requires_capture", "amount_capturable": intent["amount"]}
    else:
        ledger.sell(batch, row, charge["id"])
        changed = {"status": "succeeded", "amount_received": intent["amount"]}
        charge = taken(desk, batch, charge, intent["amount"])
    done = {**intent, **changed, "latest_charge": charge["id"], "next_action": None, "last_payment_error": None}
    if not manual:
        dispute_later(exchange, batch, intent["id"], card, desk.settings)
    desk.put(batch, "charge", charge)
    desk.put(batch, "payment_intent", done)
    desk.tell(batch, "payment_intent.amount_capturable_updated" if manual else "payment_intent.succeeded", done)
    return desk.ok(exchange, done)


def taken(desk: Desk, batch: Batch, charge: Row, amount: int) -> Row:
    """Return the charge after its capture, with its line in the balance."""
    line = objects.balance_transaction(charge, "charge", amount, batch.at_us // 1_000_000)
    desk.put(batch, "balance_transaction", line)
    return {**charge, "captured": True, "amount_captured": amount, "balance_transaction": line["id"]}


def decline(desk: Desk, batch: Batch, intent: Row, code: str, decline_code: str) -> Answer:
    """The card does not pay: the intent goes back to waiting for a payment method."""
    now_s = batch.at_us // 1_000_000
    charge = objects.charge(intent, new_id("ch"), now_s, paid=False, status="failed", failure_code=code)
    back = {**intent, "status": "requires_payment_method", "latest_charge": charge["id"], "payment_method": None}
    refusal = declined(code, decline_code, charge["id"], back)
    told = {name: value for name, value in refusal.error.items() if name != "payment_intent"}
    back["last_payment_error"] = told
    batch.exchange.call.decline_code = decline_code if code == "card_declined" else code
    ledger.ask(batch, intent["id"], intent["amount"], intent["currency"], "declined")
    desk.put(batch, "charge", charge)
    desk.put(batch, "payment_intent", back)
    desk.tell(batch, "payment_intent.payment_failed", back)
    return refusal.answer("declined")


def capture(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/payment_intents/{id}/capture``: takes all or ``amount_to_capture``; the rest is released."""
    intent = desk.find("payment_intent", exchange.arguments[0])
    given = values.part_amount(exchange.fields, "amount_to_capture", intent["currency"])
    amount = given or intent["amount_capturable"]
    lenient = exchange.fault(lenient_captures.NAME) is not None
    if intent["status"] != "requires_capture" and not (lenient and intent["status"] == "succeeded"):
        raise unexpected(intent, "captured")
    if amount > intent["amount_capturable"] and not lenient:
        raise invalid(f"The requested amount {amount} is more than the capturable {intent['amount_capturable']}.",
                      code="amount_too_large", param="amount_to_capture", keep=True)  # fmt: skip
    charge = desk.find("charge", intent["latest_charge"])
    ledger.capture(batch, desk.books.state.charges[intent["id"]], amount, new_id("cap"))
    done = {
        **intent,
        "status": "succeeded",
        "amount_capturable": 0,
        "amount_received": intent["amount_received"] + amount,
        "metadata": values.merged(intent["metadata"], exchange.fields),
    }
    desk.put(batch, "charge", taken(desk, batch, charge, amount))
    dispute_later(exchange, batch, intent["id"], desk.method(intent["payment_method"]), desk.settings)
    desk.tell(batch, "payment_intent.succeeded", desk.put(batch, "payment_intent", done))
    return desk.ok(exchange, done)


def cancel(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/payment_intents/{id}/cancel``: releases what was set aside."""
    intent = desk.find("payment_intent", exchange.arguments[0])
    if intent["status"] not in CANCELABLE:
        raise unexpected(intent, "canceled")
    row = desk.books.state.charges.get(intent["id"])
    if row is not None and row.status == "authorized":
        ledger.void(batch, row, new_id("void"))
    elif row is not None and row.status == "requires_action":
        ledger.abandon(batch, row)
    done = {
        **intent,
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": batch.at_us // 1_000_000,
        "cancellation_reason": values.text(exchange.fields, "cancellation_reason") or None,
    }
    desk.tell(batch, "payment_intent.canceled", desk.put(batch, "payment_intent", done))
    return desk.ok(exchange, done)


def update(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/payment_intents/{id}``: metadata and description, and the amount while nothing was charged."""
    intent = desk.find("payment_intent", exchange.arguments[0])
    changed: Row = {"metadata": values.merged(intent["metadata"], exchange.fields)}
    if "description" in exchange.fields:
        changed["description"] = values.text(exchange.fields, "description") or None
    if "amount" in exchange.fields:
        amount = values.charge_amount(exchange.fields, intent["currency"])
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise unexpected(intent, "changed in its amount")
        changed["amount"] = amount
    return desk.ok(exchange, desk.put(batch, "payment_intent", {**intent, **changed}), "not_executed")


def retrieve(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /v1/payment_intents/{id}``."""
    return desk.ok(exchange, desk.find("payment_intent", exchange.arguments[0]), "lookup")


def unexpected(intent: Row, wish: str) -> StripeError:
    """The intent's status does not allow it."""
    return StripeError(
        400,
        "invalid_request_error",
        f"This PaymentIntent could not be {wish} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        keep=True,
        payment_intent=intent,
    )
