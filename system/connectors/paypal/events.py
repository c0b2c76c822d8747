"""PayPal's events. Our own ids are in the resource's `custom_id`: operation, attempt, payment and merchant."""

from msgspec import UNSET, Raw, Struct, UnsetType

from system.connectors.events import EventName, no, part_of, text_of, yes
from system.connectors.paypal import disputes
from system.connectors.paypal.answers import gone
from system.connectors.paypal.disputes import money
from system.gateway import GatewayReply, ParsedEvent, TakenBack, What
from system.json_body import JsonObject

AUTHORIZED = "PAYMENT.AUTHORIZATION.CREATED"
CAPTURED = "PAYMENT.CAPTURE.COMPLETED"
REFUNDED = "PAYMENT.CAPTURE.REFUNDED"
REFUND_FAILED = "PAYMENT.REFUND.FAILED"
DECLINED = frozenset({"PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED", "PAYMENT.AUTHORIZATION.DENIED"})

VOIDED = "PAYMENT.AUTHORIZATION.VOIDED"
"""By us, by the merchant on its pages, or at the end of its validity (docs.paypal.ai/reference/webhook-events,
read 2026-12-01)."""

REVERSED = "PAYMENT.CAPTURE.REVERSED"
DISPUTED = "CUSTOMER.DISPUTE."
"""How the types of a dispute's events begin: CREATED, UPDATED, RESOLVED; each carries the dispute's details. A capture
that PayPal reverses is lost as well (developer.paypal.com/docs/integration/direct/webhooks/event-names, read
2026-12-01)."""

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
    if type_.startswith(DISPUTED):
        return ParsedEvent(event_id, type_, dispute=disputes.told(resource))
    if type_ == REVERSED:
        return ParsedEvent(event_id, type_, dispute=disputes.reversed_capture(resource))
    ids = str(resource.get("custom_id", "")).split("|")
    if len(ids) != 4:
        return ParsedEvent(event_id, type_)
    return ParsedEvent(event_id, type_, ids[1], _reply(type_, resource), _taken_back(type_, resource))


def _taken_back(type_: str, resource: JsonObject) -> TakenBack | None:
    what = What.REFUND_FAILED if type_ == REFUND_FAILED else None
    if type_ == VOIDED:
        what = What(gone(resource) or "canceled")
    found, made = money(part_of(resource, "amount")), resource.get("id")
    if what is None or found is None:
        return None
    # A capture carries the ids of the attempt that authorised it, whose own object is the authorization.
    kind = {REFUND_FAILED: "refund", VOIDED: "authorization"}.get(type_)
    return TakenBack(what, *found, object_ref=f"{kind}:{made}" if kind and isinstance(made, str) else "")


def _reply(type_: str, resource: JsonObject) -> GatewayReply | None:
    if type_ in DECLINED:
        return no(str(part_of(resource, "status_details").get("reason", "")).lower())
    if type_ == REFUND_FAILED:
        return no("refund_failed")
    if type_ not in REFERENCE_PREFIX or resource.get("status") == "PENDING":
        return None
    found = money(part_of(resource, "amount"))
    return None if found is None else yes(REFERENCE_PREFIX[type_] + str(resource.get("id", "")), *found)
