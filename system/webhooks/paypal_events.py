"""PayPal's events. Our own ids are in the resource's `custom_id`: operation, attempt, payment and merchant."""

from system.money import exponent_of, parse_amount
from system.ports import GatewayReply
from system.webhooks.told import Json, Told, no, part_of, text_of, yes

AUTHORIZED = "PAYMENT.AUTHORIZATION.CREATED"
CAPTURED = "PAYMENT.CAPTURE.COMPLETED"
REFUNDED = "PAYMENT.CAPTURE.REFUNDED"
REFUND_FAILED = "PAYMENT.REFUND.FAILED"
DECLINED = frozenset({"PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED", "PAYMENT.AUTHORIZATION.DENIED"})

REFERENCE_PREFIX = {AUTHORIZED: "authorization:", CAPTURED: "capture:", REFUNDED: "refund:"}


def read(event: Json) -> Told:
    """Return what the event tells. Raises `MalformedEvent`."""
    event_id, type_ = text_of(event, "id"), text_of(event, "event_type")
    resource = part_of(event, "resource")
    ids = str(resource.get("custom_id", "")).split("|")
    if len(ids) != 4:
        return Told(event_id, type_)
    return Told(event_id, type_, ids[1], _reply(type_, resource))


def _reply(type_: str, resource: Json) -> GatewayReply | None:
    if type_ in DECLINED:
        return no(str(part_of(resource, "status_details").get("reason", "")).lower())
    if type_ == REFUND_FAILED:
        return no("refund_failed")
    if type_ not in REFERENCE_PREFIX or resource.get("status") == "PENDING":
        return None
    amount = part_of(resource, "amount")
    currency = str(amount.get("currency_code", "")).upper()
    try:
        amount_minor = parse_amount(str(amount.get("value", "")), exponent_of(currency))
    except ValueError:
        return None
    return yes(REFERENCE_PREFIX[type_] + str(resource.get("id", "")), amount_minor, currency)
