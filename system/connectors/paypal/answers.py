"""Reading paypal's bodies: what they say about the exchange (facts) and about money (the reply)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from system.connectors.classifier import AUTHENTICATION_REQUIRED, Facts, reply_of
from system.connectors.paypal.table import TABLE
from system.connectors.resending import inconclusive
from system.connectors.wire import HttpResult
from system.gateway import GatewayReply, GatewayRequest, Kind, Phase
from system.json_body import Json, JsonObject, object_of
from system.money import exponent_of, parse_amount

WANTED: Mapping[Kind, tuple[str, tuple[str, ...]]] = {
    Kind.SALE: ("captures", ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")),
    Kind.AUTHORIZE: ("authorizations", ("CREATED", "CAPTURED", "PARTIALLY_CAPTURED", "VOIDED")),
    Kind.CAPTURE: ("", ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")),
    Kind.VOID: ("", ("VOIDED",)),
    Kind.REFUND: ("", ("COMPLETED",)),
}
"""Where the money object sits in the answer (inside an order, or itself) and which statuses mean that it was done.

A replay answers with the object as it is now, so a sale that was refunded since then was still done.
"""

PAYER_ACTION = "PAYER_ACTION_REQUIRED"
"""An order's status, and the issue of a step that needs the payer's approval first."""


def facts_of(heard: HttpResult, body: JsonObject | None) -> Facts:
    """Return what the exchange amounts to before anything is said about money."""
    if heard.phase is not Phase.ANSWERED or heard.status is None:
        return Facts(heard.phase)
    if heard.status < 300:
        return Facts(heard.phase, heard.status, "ok" if body is not None else "malformed")
    detail = _first((body or {}).get("details"))
    processor = detail.get("processor_response")
    hint = processor.get("response_code", "") if isinstance(processor, dict) else ""
    named = detail.get("issue") or (body or {}).get("name") or (body or {}).get("error")
    code = AUTHENTICATION_REQUIRED if named == PAYER_ACTION else str(named or "")
    return Facts(heard.phase, heard.status, code, str(hint))


def unread(heard: HttpResult) -> GatewayReply:
    """Return why a lookup or the feed could not be read; it says nothing about any call."""
    facts = facts_of(heard, heard.parsed())
    return inconclusive(reply_of(TABLE, replace(facts, code="malformed") if facts.code == "ok" else facts))


def order_id(heard: HttpResult) -> str | GatewayReply:
    """Return the new order's id, or the reply that says why there is none. An order moves no money."""
    body = heard.parsed()
    facts = facts_of(heard, body)
    if facts.code != "ok" or body is None:
        return reply_of(TABLE, facts)
    if not isinstance(body.get("id"), str) or not body["id"]:
        return reply_of(TABLE, replace(facts, code="malformed"))
    return str(body["id"])


def money_reply(heard: HttpResult, request: GatewayRequest) -> GatewayReply:
    """Return the reply to the step that moves money."""
    body = heard.parsed()
    facts = facts_of(heard, body)
    if facts.code != "ok" or body is None:
        return reply_of(TABLE, facts)
    group, _ = WANTED[request.kind]
    if group and body.get("status") == PAYER_ACTION:
        return reply_of(TABLE, replace(facts, code=AUTHENTICATION_REQUIRED))
    return told(facts, _payment(body, group) if group else body, request)


def _payment(order: JsonObject, group: str) -> JsonObject:
    payments = _first(order.get("purchase_units")).get("payments")
    return _first(payments.get(group)) if isinstance(payments, dict) else {}


def told(facts: Facts, resource: JsonObject, request: GatewayRequest) -> GatewayReply:
    """Return the classified reply with what the gateway said about money."""
    amount = _amount(resource)
    code = _code(resource, amount, request)
    reply = reply_of(TABLE, replace(facts, code=code))
    if amount is None or code not in ("ok", "amount_mismatch"):
        return reply
    return replace(
        reply,
        lapsed=gone(resource) if request.kind is Kind.AUTHORIZE else "",
        gateway_ref=reference(request.kind, str(resource["id"])),
        amount_minor=amount[0],
        currency=amount[1],
        executed_at_us=moment_us(resource.get("create_time")),
    )


def gone(authorization: JsonObject) -> str:
    """Return how a voided authorization went: ``expired`` (at the end of its validity) or ``canceled``; else ''."""
    if authorization.get("status") != "VOIDED":
        return ""
    ends_us, voided_us = moment_us(authorization.get("expiration_time")), moment_us(authorization.get("update_time"))
    return "expired" if ends_us is not None and voided_us is not None and voided_us >= ends_us else "canceled"


def held(heard: HttpResult) -> str:
    """Return what an authorization's own state says: ``expired``, ``canceled``, ``held``, or '' for anything else."""
    body = heard.parsed()
    if facts_of(heard, body).code != "ok" or body is None:
        return ""
    return "held" if body.get("status") == "CREATED" else gone(body)


def reference(kind: Kind, resource_id: str) -> str:
    """Return what later calls need to find the money object: what it is, and its id."""
    names = {Kind.AUTHORIZE: "authorization", Kind.VOID: "authorization", Kind.REFUND: "refund"}
    return f"{names.get(kind, 'capture')}:{resource_id}"


def _code(resource: JsonObject, amount: tuple[int, str] | None, request: GatewayRequest) -> str:
    status = resource.get("status")
    if not isinstance(resource.get("id"), str) or not isinstance(status, str) or amount is None:
        return "malformed"
    if request.kind is Kind.REFUND and status in ("FAILED", "CANCELLED"):
        return "refund_failed"
    if request.kind is Kind.REFUND and status == "PENDING":
        return "refund_pending"
    if status not in WANTED[request.kind][1]:
        return "unexpected_status"
    # A void releases whatever is held: the authorization's amount is not this call's.
    same = amount == (request.amount_minor, request.currency.upper()) or request.kind is Kind.VOID
    return "ok" if same else "amount_mismatch"


def _amount(resource: JsonObject) -> tuple[int, str] | None:
    """Return minor units and currency, None where they cannot be read exactly."""
    amount = resource.get("amount")
    if not isinstance(amount, dict):
        return None
    currency, value = amount.get("currency_code"), amount.get("value")
    if not isinstance(currency, str) or not isinstance(value, str):
        return None
    try:
        return parse_amount(value, exponent_of(currency.upper())), currency.upper()
    except ValueError:
        return None


def moment_us(text: Json) -> int | None:
    """Return an ISO time in microseconds since the epoch, None where it is not one."""
    if not isinstance(text, str):
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp()) * 1_000_000
    except ValueError:
        return None


def _first(items: Json) -> JsonObject:
    """Return the first thing of a list if it is an object, an empty one where it is not, or there is none."""
    return object_of(items[0]) if isinstance(items, list) and items else {}
