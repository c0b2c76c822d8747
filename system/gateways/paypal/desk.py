"""What every paypal endpoint needs at hand: the books, reading objects, storing them, telling of them."""

import msgspec

from system.gateways.common.clock import new_id, now_us
from system.gateways.common.desk import BookDesk
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.records import Notice
from system.gateways.common.rows import Row
from system.gateways.paypal.errors import missing, unprocessable
from system.gateways.paypal.values import iso

_encoder = msgspec.json.Encoder()


class Desk(BookDesk):
    """The books seen through paypal's eyes. Tables: order, authorization, capture, refund, invoice, token."""

    def find(self, table: str, object_id: str) -> Row:
        """Return an object. Raises PayPalError (404)."""
        found = self.look(table, object_id)
        if found is None:
            raise missing()
        return found

    def use_invoice(self, batch: Batch, invoice_id: str, where: str) -> None:
        """Take an invoice id for one movement of money. Raises PayPalError where it was used: the second guard."""
        if not invoice_id:
            return
        name = f"{where}:{invoice_id}"
        if self.look("invoice", name) is not None:
            raise unprocessable("DUPLICATE_INVOICE_ID", "Duplicate Invoice ID detected.")
        self.put(batch, "invoice", {"id": name})

    def tell(self, batch: Batch, type_: str, resource_type: str, resource: Row) -> None:
        """Owe a webhook about it."""
        call = batch.exchange.call
        batch.add(notice(type_, resource_type, resource, call.gateway_key, call.payment_id))

    def ok(self, status: int, value: Row, result: str = "executed", *, keep: bool = True) -> Answer:
        """Answer with the object."""
        return Answer(status, _encoder.encode(value), result, keep=keep)


def notice(type_: str, resource_type: str, resource: Row, key: str, payment_id: str) -> Notice:
    """Return the webhook that tells of a resource's new state."""
    told: Row = {
        "id": new_id("WH"),
        "event_type": type_,
        "event_version": "1.0",
        "resource_type": resource_type,
        "resource_version": "2.0",
        "create_time": iso(now_us()),
        "summary": "",
        "request_id": key,
        "resource": public(resource),
    }
    return Notice(told["id"], type_, payment_id or resource["id"], key, _encoder.encode(told).decode())


def public(resource: Row) -> Row:
    """Return a resource without what is only ours (fields that begin with an underscore)."""
    return {name: value for name, value in resource.items() if not name.startswith("_")}


def annotate(exchange: Exchange, custom_id: str, reference: str, owner: Row | None) -> None:
    """Write our ids into the call's row: from ``custom_id``, else (payment, merchant) from whom it belongs to."""
    call = exchange.call
    given = custom_id.split("|")
    if len(given) == 4:
        call.operation_id, call.attempt_id, call.payment_id, call.merchant_id = given
    known = str((owner or {}).get("custom_id") or "").split("|")
    if len(known) == 4:
        call.payment_id = call.payment_id or known[2]
        call.merchant_id = call.merchant_id or known[3]
    call.reference = call.reference or reference or str((owner or {}).get("_reference") or "")


def own_custom_id(exchange: Exchange) -> str:
    """Return the custom id of a call whose body has no place for one."""
    call = exchange.call
    parts = (call.operation_id, call.attempt_id, call.payment_id, call.merchant_id)
    return "|".join(parts) if call.attempt_id else ""
