"""Refunds: create, retrieve, update; and the ones that fail some time after they were accepted."""

from system.gateways.common import ledger
from system.gateways.common.books import Books
from system.gateways.common.clock import new_id, now_us
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.faults.async_refund_fail import fails_after_ms
from system.gateways.common.records import Put, Record
from system.gateways.common.rows import Row
from system.gateways.common.timers import due
from system.gateways.stripe import objects, values
from system.gateways.stripe.desk import Desk, told_by_itself
from system.gateways.stripe.errors import StripeError, invalid, required

REASONS = ("", "duplicate", "fraudulent", "requested_by_customer")


def create(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/refunds``: of a payment intent or a charge, all that is left or ``amount``."""
    charge = charge_of(desk, exchange)
    reason = values.text(exchange.fields, "reason")
    if reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(REASONS[1:])}", param="reason")
    row = desk.books.state.charges[charge["payment_intent"]]
    given = values.part_amount(exchange.fields, "amount", charge["currency"])
    amount = given or max(row.captured_minor - row.refunded_minor, 1)
    refund_id, now_s = new_id("re"), batch.at_us // 1_000_000
    try:
        after = ledger.refund(batch, row, amount, refund_id)
    except ledger.Refused as refused:
        raise _refusal(refused, charge) from refused
    made = objects.refund(charge, refund_id, amount, now_s, metadata=values.metadata(exchange.fields))
    made["reason"] = reason or None
    line = objects.balance_transaction(made, "refund", -amount, now_s)
    desk.put(batch, "balance_transaction", line)
    made["balance_transaction"] = line["id"]
    whole = after.refunded_minor >= after.captured_minor
    desk.put(batch, "charge", {**charge, "amount_refunded": after.refunded_minor, "refunded": whole})
    desk.tell(batch, "refund.created", desk.put(batch, "refund", made))
    fail_later(desk, exchange, batch, charge, refund_id)
    return desk.ok(exchange, made)


def charge_of(desk: Desk, exchange: Exchange) -> Row:
    """Return the charge that the request is about. Raises StripeError."""
    fields = exchange.fields
    charge_id, intent_id = values.text(fields, "charge"), values.text(fields, "payment_intent")
    if not charge_id and not intent_id:
        raise required("payment_intent")
    if not charge_id:
        intent = desk.find("payment_intent", intent_id)
        charge_id = intent["latest_charge"] or ""
        if not charge_id:
            raise invalid("This PaymentIntent does not have a successful charge to refund.", param="payment_intent",
                          code="charge_not_refundable", keep=True)  # fmt: skip
    return desk.find("charge", charge_id)


def fail_later(desk: Desk, exchange: Exchange, batch: Batch, charge: Row, refund_id: str) -> None:
    """Set the timer of a refund that will fail: the card is of that kind, or a fault is planted."""
    after_ms = fails_after_ms(exchange)
    if after_ms is None and desk.method(charge["payment_method"]).refund_fails:
        after_ms = desk.settings.refund_fail_ms
    if after_ms is not None:
        batch.add(due(f"fail_{refund_id}", batch.at_us + int(after_ms * 1000), {"refund": refund_id}))


def fail(books: Books, timer: Row) -> list[Record]:
    """Turn an accepted refund into a failed one: the money is the merchant's again."""
    tables, at_us = books.state.tables, now_us()
    made = tables["refund"].get(timer["refund"])
    if made is None or made["status"] != "succeeded":
        return []
    movement = next(m for m in reversed(books.state.movements) if m.movement_id == made["id"] and m.kind == "refund")
    row, back = ledger.refund_failed(at_us, books.state.charges[movement.charge_id], movement, new_id("fr"))
    failed = {**made, "status": "failed", "failure_reason": "expired_or_canceled_card"}
    charge = tables["charge"].get(made["charge"]) or {}
    line = objects.balance_transaction(failed, "refund_failure", made["amount"], at_us // 1_000_000)
    failed["failure_balance_transaction"] = line["id"]
    lane = movement.payment_id or made["payment_intent"]
    return [
        row,
        back,
        Put("refund", failed["id"], failed),
        Put("charge", charge["id"], {**charge, "amount_refunded": row.refunded_minor, "refunded": False}),
        Put("balance_transaction", line["id"], line),
        *told_by_itself("refund.failed", failed, lane, movement.gateway_key),
        *told_by_itself("charge.refund.updated", failed, lane, movement.gateway_key),
    ]


def retrieve(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``GET /v1/refunds/{id}``."""
    return desk.ok(exchange, desk.find("refund", exchange.arguments[0]), "lookup")


def update(desk: Desk, exchange: Exchange, batch: Batch) -> Answer:
    """``POST /v1/refunds/{id}``: metadata only."""
    made = desk.find("refund", exchange.arguments[0])
    changed = {**made, "metadata": values.merged(made["metadata"], exchange.fields)}
    return desk.ok(exchange, desk.put(batch, "refund", changed), "not_executed")


def _refusal(refused: ledger.Refused, charge: Row) -> StripeError:
    if refused.code == "exhausted":
        return invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", keep=True)
    if refused.code == "disputed":
        return invalid(f"Charge {charge['id']} has been charged back.", code="charge_disputed", keep=True)
    if refused.code == "no_funds":
        return invalid("Insufficient funds in your Stripe balance to refund this amount.", code="balance_insufficient",
                       keep=True)  # fmt: skip
    if refused.code == "not_refundable":
        return invalid(f"Charge {charge['id']} was not captured.", code="charge_not_refundable", keep=True)
    return invalid(f"Refund amount is greater than unrefunded amount on charge: {refused}.", param="amount",
                   code="amount_too_large", keep=True)  # fmt: skip
