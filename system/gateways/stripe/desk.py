"""What every stripe endpoint needs at hand: the books, reading objects, storing them, telling of them."""

import msgspec

from system.gateways.common.clock import now_us
from system.gateways.common.desk import BookDesk
from system.gateways.common.exchange import Answer, Batch, Exchange
from system.gateways.common.methods import Behaviour, behaviour
from system.gateways.common.records import Notice, Put
from system.gateways.common.rows import Row
from system.gateways.stripe import objects
from system.gateways.stripe.errors import invalid, missing

_encoder = msgspec.json.Encoder()

IDS = ("operation_id", "attempt_id", "payment_id", "merchant_id")


class Desk(BookDesk):
    """The books seen through stripe's eyes."""

    def find(self, table: str, object_id: str, kind: str = "") -> Row:
        """Return an object. Raises StripeError (404)."""
        found = self.look(table, object_id)
        if found is None:
            raise missing(kind or table, object_id)
        return found

    def method(self, method_id: str) -> Behaviour:
        """Return how a payment method behaves. Raises StripeError."""
        found = behaviour(method_id, "stripe")
        if found is None:
            raise invalid(f"No such PaymentMethod: '{method_id[:80]}'", code="resource_missing", param="payment_method")
        return found

    def tell(self, batch: Batch, type_: str, about: Row) -> None:
        """Make an event of it, and owe a webhook."""
        told = objects.event(type_, about, batch.at_us // 1_000_000)
        call = batch.exchange.call
        told["request"] = {"id": None, "idempotency_key": call.gateway_key or None}
        self.put(batch, "event", told)
        lane = call.payment_id or str(about.get("payment_intent") or about["id"])
        body = _encoder.encode(told).decode()
        batch.add(Notice(told["id"], type_, lane, call.gateway_key or about["id"], body))

    def expanded(self, exchange: Exchange, value: Row, *, within: str = "") -> Row:
        """Return the object with the ids named by ``expand[]`` replaced by what they stand for.

        Names may go deeper (``source.payment_intent``); those of a list's objects begin with ``within`` (``data.``).
        """
        wanted = exchange.fields.get("expand")
        if not isinstance(wanted, list):
            return value
        names = [name.removeprefix(within) for name in wanted if isinstance(name, str) and name.startswith(within)]
        for name in sorted(names):
            value = self._expand(value, name.split("."))
        return value

    def _expand(self, value: Row, path: list[str]) -> Row:
        name, *deeper = path
        inner = value.get(name)
        if isinstance(inner, str):
            inner = self._named(name, inner)
        if not isinstance(inner, dict):
            return value
        return {**value, name: self._expand(inner, deeper) if deeper else inner}

    def _named(self, name: str, object_id: str) -> Row | None:
        """Return what an expandable field's id stands for; a balance line's source says by its id what it is."""
        table = SOURCES.get(object_id.split("_")[0]) if name == "source" else EXPANDABLE.get(name)
        return self.look(table, object_id) if table else None

    def ok(self, exchange: Exchange, value: Row, result: str = "executed") -> Answer:
        """Answer 200 with the object; posts remember it."""
        body = _encoder.encode(self.expanded(exchange, value) if "expand" in exchange.fields else value)
        return Answer(200, body, result, keep=exchange.method == "POST")


def told_by_itself(type_: str, about: Row, lane: str, key: str) -> tuple[Put, Notice]:
    """Return the event about something that no request did, and the webhook that is owed for it."""
    told = objects.event(type_, about, now_us() // 1_000_000)
    return Put("event", told["id"], told), Notice(told["id"], type_, lane, key, _encoder.encode(told).decode())


EXPANDABLE = {
    "latest_charge": "charge",
    "charge": "charge",
    "payment_intent": "payment_intent",
    "customer": "customer",
    "payment_method": "payment_method",
    "balance_transaction": "balance_transaction",
}


SOURCES = {"ch": "charge", "re": "refund", "dp": "dispute"}


def annotate(exchange: Exchange, fields: Row, remembered: Row | None = None) -> None:
    """Write our ids into the call's row: from the request's metadata, else who the object belongs to."""
    call = exchange.call
    given = fields.get("metadata")
    if isinstance(given, dict):
        for name in IDS:
            value = given.get(name)
            if isinstance(value, str):
                setattr(call, name, value)
        reference = given.get("merchant_reference")
        call.reference = reference if isinstance(reference, str) else ""
    if remembered is not None:
        known = remembered.get("metadata") or {}
        call.payment_id = call.payment_id or known.get("payment_id", "")
        call.merchant_id = call.merchant_id or known.get("merchant_id", "")
        call.reference = call.reference or known.get("merchant_reference", "")
