"""Customers, payment methods and payouts: enough to be made, read, changed and listed."""

from system.gateways.common.clock import new_id
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.rows import Row
from system.gateways.stripe import objects, values
from system.gateways.stripe.currencies import PAYOUT_STEP
from system.gateways.stripe.desk import Desk
from system.gateways.stripe.errors import invalid, required, untaken


def create_customer(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/customers``."""
    fields = exchange.fields
    made = {
        "id": new_id("cus"), "object": "customer", "created": batch.at_us // 1_000_000, "livemode": False,
        "email": values.text(fields, "email") or None, "name": values.text(fields, "name") or None,
        "description": values.text(fields, "description") or None, "metadata": values.metadata(fields),
    }  # fmt: skip
    return desk.ok(exchange, desk.put(batch, "customer", made), "not_executed")


def update_customer(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/customers/{id}``."""
    old = desk.find("customer", exchange.arguments[0])
    told = [name for name in ("email", "name") if name in exchange.fields]
    changed: Row = {name: values.text(exchange.fields, name) for name in told}
    new = {**old, **changed, "metadata": values.merged(old["metadata"], exchange.fields)}
    return desk.ok(exchange, desk.put(batch, "customer", new), "not_executed")


def create_method(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/payment_methods``: from a token only; card numbers are refused and never kept."""
    fields = exchange.fields
    given = fields.get("card", {})
    if isinstance(given, dict) and "number" in given:
        raise invalid("Sending credit card numbers directly is unsafe; use a test payment method.", param="card")
    made = {
        "id": new_id("pm"), "object": "payment_method", "created": batch.at_us // 1_000_000, "livemode": False,
        "type": values.text(fields, "type", "card"), "card": objects.card(""), "customer": None,
        "billing_details": {}, "metadata": values.metadata(fields),
    }  # fmt: skip
    return desk.ok(exchange, desk.put(batch, "payment_method", made), "not_executed")


def retrieve_method(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /v1/payment_methods/{id}``: one that was made here, or a well-known test method."""
    method_id = exchange.arguments[0]
    found = desk.look("payment_method", method_id)
    if found is None:
        desk.method(method_id)
        found = {
            "id": method_id, "object": "payment_method", "created": 0, "livemode": False, "type": "card",
            "card": objects.card(method_id), "customer": None, "billing_details": {}, "metadata": {},
        }  # fmt: skip
    return desk.ok(exchange, found, "lookup")


def attach_method(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/payment_methods/{id}/attach``."""
    old = desk.find("payment_method", exchange.arguments[0])
    customer = desk.find("customer", values.needed(exchange.fields, "customer"))
    return desk.ok(exchange, desk.put(batch, "payment_method", {**old, "customer": customer["id"]}), "not_executed")


def create_payout(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/payouts``: paid at once."""
    currency = values.currency(exchange.fields)
    amount = values.part_amount(exchange.fields, "amount", currency)
    if amount is None:
        raise required("amount")
    step = PAYOUT_STEP.get(currency, 1)
    if amount % step:
        raise untaken(f"Payouts in {currency} must be evenly divisible by {step}", param="amount")
    now_s = batch.at_us // 1_000_000
    made = {
        "id": new_id("po"), "object": "payout", "amount": amount, "arrival_date": now_s, "automatic": False,
        "created": now_s, "currency": currency, "livemode": False, "method": "standard",
        "metadata": values.metadata(exchange.fields), "status": "paid", "type": "bank_account",
    }  # fmt: skip
    return desk.ok(exchange, desk.put(batch, "payout", made), "not_executed")


def retrieve(table: str, desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /v1/<objects>/{id}`` for everything without rules of its own."""
    return desk.ok(exchange, desk.find(table, exchange.arguments[0]), "lookup")


def update(table: str, desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/<objects>/{id}``: metadata only."""
    old = desk.find(table, exchange.arguments[0])
    new = {**old, "metadata": values.merged(old.get("metadata") or {}, exchange.fields)}
    return desk.ok(exchange, desk.put(batch, table, new), "not_executed")
