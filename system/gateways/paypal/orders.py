"""Orders: create (moves no money), then capture or authorize (moves it)."""

from system.gateways.common import ledger
from system.gateways.common.clock import new_id
from system.gateways.common.disputing import dispute_later
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.faults.decline_storm import stormy
from system.gateways.common.methods import GOOD, Behaviour, behaviour
from system.gateways.common.rows import Row
from system.gateways.paypal.desk import Desk, public
from system.gateways.paypal.errors import PayPalError, declined, invalid, unprocessable
from system.gateways.paypal.lapses import VALIDITY_US, lapse_later
from system.gateways.paypal.values import Money, iso, money, nested, text


def create(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v2/checkout/orders``."""
    fields = exchange.fields
    intent = text(fields, "intent")
    if intent not in ("CAPTURE", "AUTHORIZE"):
        raise invalid("/intent", "INVALID_PARAMETER_VALUE", "must be CAPTURE or AUTHORIZE")
    unit = first_unit(fields)
    amount = money(unit.get("amount"), "/purchase_units/@reference_id=='default'/amount")
    token = nested(nested(fields, "payment_source"), "token")
    method = text(token, "id") or "pm_card_visa"
    card_of(method)
    order = {
        "id": new_id("ORDER").replace("_", ""),
        "intent": intent,
        "status": "APPROVED",
        "create_time": iso(batch.at_us),
        "purchase_units": [{**described(unit), "amount": amount.as_json(), "payments": {}}],
        "links": [],
        "custom_id": text(unit, "custom_id", longest=127),
        "_reference": text(unit, "reference_id"),
        "_method": method,
        "_currency": amount.currency,
        "_amount_minor": amount.amount_minor,
    }
    desk.put(batch, "order", order)
    return desk.ok(201, public(order), "not_executed")


def first_unit(fields: Row) -> Row:
    """Return the only purchase unit. Raises PayPalError."""
    units = fields.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1 or not isinstance(units[0], dict):
        raise invalid("/purchase_units", "MISSING_REQUIRED_PARAMETER", "exactly one purchase unit")
    unit: Row = units[0]
    return unit


def described(unit: Row) -> Row:
    """Return what the purchase unit says about itself."""
    names = ("reference_id", "custom_id", "invoice_id", "description")
    return {name: text(unit, name) for name in names if unit.get(name)}


def card_of(method: str) -> Behaviour:
    """Return how the instrument behaves. Raises PayPalError for an unknown one."""
    found = behaviour(method, "paypal")
    if found is None:
        raise unprocessable("TOKEN_NOT_FOUND", "The payment source token is unknown.")
    # Strong authentication happens on paypal's own pages, before an order is approved.
    return GOOD if found.requires_action else found


def pay(kind: str, desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v2/checkout/orders/{id}/capture`` and ``/authorize``: the step that moves money."""
    order = desk.find("order", exchange.arguments[0])
    if order["status"] == "COMPLETED":
        issue = "ORDER_ALREADY_CAPTURED" if order["intent"] == "CAPTURE" else "ORDER_ALREADY_AUTHORIZED"
        raise unprocessable(issue)
    if order["intent"] != kind:
        raise unprocessable("ACTION_DOES_NOT_MATCH_INTENT")
    amount = Money(order["_amount_minor"], order["_currency"])
    card = stormy(exchange, card_of(order["_method"]))
    if card.decline:
        ledger.ask(batch, order["id"], amount.amount_minor, amount.currency, "declined")
        return tell_decline(desk, batch, order, declined(card.decline, card.decline_code))
    unit = order["purchase_units"][0]
    desk.use_invoice(batch, unit.get("invoice_id", ""), "payment")
    payment = payment_of(order, unit, amount, batch)
    row = ledger.draft(batch, order["id"], amount.amount_minor, amount.currency)
    if kind == "CAPTURE":
        ledger.sell(batch, row, payment["id"])
        payment |= {"status": "COMPLETED", "final_capture": True}
        desk.tell(batch, "PAYMENT.CAPTURE.COMPLETED", "capture", desk.put(batch, "capture", payment))
        dispute_later(exchange, batch, payment["id"], card, desk.settings)
    else:
        ledger.authorize(batch, row, payment["id"])
        payment |= {"status": "CREATED", "expiration_time": iso(batch.at_us + VALIDITY_US)}
        lapse_later(exchange, batch, payment["id"])
        desk.tell(batch, "PAYMENT.AUTHORIZATION.CREATED", "authorization", desk.put(batch, "authorization", payment))
    group = "captures" if kind == "CAPTURE" else "authorizations"
    paid = {**unit, "payments": {group: [public(payment)]}}
    done = desk.put(batch, "order", {**order, "status": "COMPLETED", "purchase_units": [paid]})
    return desk.ok(201, public(done))


def payment_of(order: Row, unit: Row, amount: Money, batch: Batch) -> Row:
    """Return the capture or authorization that an order leads to."""
    return {
        "id": new_id("PAY").replace("_", ""),
        "status": "PENDING",
        "amount": amount.as_json(),
        "custom_id": order["custom_id"],
        "invoice_id": unit.get("invoice_id", ""),
        "create_time": iso(batch.at_us),
        "update_time": iso(batch.at_us),
        "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        "_order": order["id"],
        "_method": order["_method"],
        "_reference": order["_reference"],
        "_made_us": batch.at_us,
        "_table": "capture" if order["intent"] == "CAPTURE" else "authorization",
        "metadata": {"custom_id": order["custom_id"]},
    }


def tell_decline(desk: Desk, batch: Batch, order: Row, refusal: PayPalError) -> Answer:
    """Tell of the decline and answer with it."""
    capturing = order["intent"] == "CAPTURE"
    batch.exchange.call.decline_code = refusal.body["details"][0]["processor_response"]["response_code"]
    told = {
        "id": new_id("PAY").replace("_", ""),
        "status": "DECLINED" if capturing else "DENIED",
        "amount": order["purchase_units"][0]["amount"],
        "custom_id": order["custom_id"],
        "processor_response": refusal.body["details"][0]["processor_response"],
    }
    type_ = "PAYMENT.CAPTURE.DECLINED" if capturing else "PAYMENT.AUTHORIZATION.DENIED"
    desk.tell(batch, type_, "capture" if capturing else "authorization", told)
    return refusal.answer("declined")


def retrieve(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /v2/checkout/orders/{id}``."""
    return desk.ok(200, public(desk.find("order", exchange.arguments[0])), "lookup", keep=False)
