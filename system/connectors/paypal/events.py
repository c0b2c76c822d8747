"""PayPal's events. Our own ids are in the resource's `custom_id`: operation, attempt, payment and merchant."""

from msgspec import UNSET, Raw, Struct, UnsetType

from system.connectors.events import EventName, no, part_of, text_of, yes
from system.connectors.paypal.answers import gone
from system.gateway import GatewayReply, ParsedEvent, TakenBack, What
from system.json_body import JsonObject
from system.money import exponent_of, parse_amount

AUTHORIZED = "PAYMENT.AUTHORIZATION.CREATED"
CAPTURED = "PAYMENT.CAPTURE.COMPLETED"
REFUNDED = "PAYMENT.CAPTURE.REFUNDED"
REFUND_FAILED = "PAYMENT.REFUND.FAILED"
DECLINED = frozenset({"PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED", "PAYMENT.AUTHORIZATION.DENIED"})

VOIDED = "PAYMENT.AUTHORIZATION.VOIDED"
"""By us, by the merchant on its pages, or at the end of its validity (docs.paypal.ai/reference/webhook-events,
read 2026-12-01)."""

REVERSED = "PAYMENT.CAPTURE.REVERSED"
DISPUTED = "CUSTOMER.DISPUTE.CREATED"
"""The money of a disputed capture is held when the dispute opens; a capture that PayPal reverses is lost as well
(developer.paypal.com/docs/integration/direct/webhooks/event-names, read 2026-12-01)."""

REFERENCE_PREFIX = {AUTHORIZED: "authorization:", CAPTURED: "capture:", REFUNDED: "refund:"}


class PaypalEvent(Struct):
    """PayPal's event, as PayPal documents it; what is not known here is taken and does nothing."""

    id: EventName
    event_type: EventName
    resource: Raw | UnsetType = UNSET


def read(event: JsonObject) -> ParsedEvent:
    """Return what the event tells. Raises `MalformedEvent`."""
    event_id, type_ = text_of(event, "id"), text_of(event, "event_type")
    resource = part_of(event, "resource")
    if type_ == DISPUTED:
        return ParsedEvent(event_id, type_, taken_back=_disputed(resource))
    ids = str(resource.get("custom_id", "")).split("|")
    if len(ids) != 4:
        return ParsedEvent(event_id, type_)
    return ParsedEvent(event_id, type_, ids[1], _reply(type_, resource), _taken_back(type_, resource))


def _taken_back(type_: str, resource: JsonObject) -> TakenBack | None:
    what = {REFUND_FAILED: What.REFUND_FAILED, REVERSED: What.DISPUTED}.get(type_)
    if type_ == VOIDED:
        what = What(gone(resource) or "canceled")
    money, made = _money(part_of(resource, "amount")), resource.get("id")
    if what is None or money is None:
        return None
    # A capture carries the ids of the attempt that authorised it, whose own object is the authorization.
    kind = {REFUND_FAILED: "refund", VOIDED: "authorization"}.get(type_)
    return TakenBack(what, *money, object_ref=f"{kind}:{made}" if kind and isinstance(made, str) else "")


def _disputed(resource: JsonObject) -> TakenBack | None:
    disputed = resource.get("disputed_transactions")
    first = disputed[0] if isinstance(disputed, list) and disputed and isinstance(disputed[0], dict) else {}
    capture_id, money = first.get("seller_transaction_id"), _money(part_of(resource, "dispute_amount"))
    if money is None or not isinstance(capture_id, str):
        return None
    return TakenBack(What.DISPUTED, *money, f"capture:{capture_id}")


def _money(amount: JsonObject) -> tuple[int, str] | None:
    """Return minor units and currency, None where they cannot be read exactly."""
    currency = str(amount.get("currency_code", "")).upper()
    try:
        return parse_amount(str(amount.get("value", "")), exponent_of(currency)), currency
    except ValueError:
        return None


def _reply(type_: str, resource: JsonObject) -> GatewayReply | None:
    if type_ in DECLINED:
        return no(str(part_of(resource, "status_details").get("reason", "")).lower())
    if type_ == REFUND_FAILED:
        return no("refund_failed")
    if type_ not in REFERENCE_PREFIX or resource.get("status") == "PENDING":
        return None
    money = _money(part_of(resource, "amount"))
    return None if money is None else yes(REFERENCE_PREFIX[type_] + str(resource.get("id", "")), *money)
